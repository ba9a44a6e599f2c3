#include "calibrate/least_squares.hpp"

#include <algorithm>
#include <cmath>
#include <cstddef>

namespace gpusize::calibrate {
namespace {

using Vector = std::vector<double>;
using Matrix = std::vector<Vector>;

/// Solves A x = b for a symmetric positive definite A (Cholesky); false when A is not.
bool solve(Matrix a, Vector b, Vector& x) {
  const std::size_t n = b.size();
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t j = 0; j <= i; ++j) {
      double sum = a[i][j];
      for (std::size_t k = 0; k < j; ++k) sum -= a[i][k] * a[j][k];
      if (i == j) {
        if (!(sum > 0.0)) return false;
        a[i][i] = std::sqrt(sum);
      } else {
        a[i][j] = sum / a[j][j];
      }
    }
  }
  for (std::size_t i = 0; i < n; ++i) {
    for (std::size_t k = 0; k < i; ++k) b[i] -= a[i][k] * b[k];
    b[i] /= a[i][i];
  }
  for (std::size_t i = n; i-- > 0;) {
    for (std::size_t k = i + 1; k < n; ++k) b[i] -= a[k][i] * b[k];
    b[i] /= a[i][i];
  }
  x = std::move(b);
  return true;
}

/// The fit in the parameters' scales: a point is `start + step * scale`.
class Problem {
 public:
  Problem(const std::vector<BoxedParameter>& parameters, const Residuals& residuals,
          const RobustOptions& options)
      : parameters_(parameters), residuals_(residuals), options_(options) {}

  [[nodiscard]] Vector clamped(Vector point) const {
    for (std::size_t i = 0; i < point.size(); ++i)
      point[i] = std::clamp(point[i], parameters_[i].low, parameters_[i].high);
    return point;
  }
  [[nodiscard]] Vector residuals(const Vector& point) const { return residuals_(point); }
  [[nodiscard]] double prior_curvature() const {
    return 1.0 / (options_.prior_width * options_.prior_width);
  }
  [[nodiscard]] double departure(const Vector& point, std::size_t i) const {
    return (point[i] - parameters_[i].start) / parameters_[i].scale;
  }
  /// Huber's loss of the rows, in units of sigma, and the prior.
  [[nodiscard]] double objective(const Vector& point, const Vector& r) const {
    double sum = 0.0;
    for (const double value : r) {
      const double z = std::abs(value) / options_.sigma;
      sum += z <= options_.huber ? 0.5 * z * z : options_.huber * (z - 0.5 * options_.huber);
    }
    for (std::size_t i = 0; i < point.size(); ++i)
      sum += 0.5 * prior_curvature() * departure(point, i) * departure(point, i);
    return sum;
  }
  /// Derivatives of every residual by every parameter in its scale; one-sided, away from a bound.
  [[nodiscard]] Matrix jacobian(const Vector& point, const Vector& r) const {
    constexpr double kStep = 1e-4;
    Matrix out(point.size());
    for (std::size_t i = 0; i < point.size(); ++i) {
      Vector moved = point;
      const double up = point[i] + kStep * parameters_[i].scale;
      const double sign = up > parameters_[i].high ? -1.0 : 1.0;
      moved[i] = point[i] + sign * kStep * parameters_[i].scale;
      out[i] = residuals_(moved);
      for (std::size_t j = 0; j < r.size(); ++j) out[i][j] = (out[i][j] - r[j]) / (sign * kStep);
    }
    return out;
  }
  /// Gauss-Newton system of the rows (weights by Huber) and the prior; curvature of rows alone.
  struct Equations {
    Matrix a;
    Vector gradient;
    Vector rows;
  };
  [[nodiscard]] Equations equations(const Vector& point, const Vector& r) const {
    const Matrix j = jacobian(point, r);
    const std::size_t n = point.size();
    Equations out{Matrix(n, Vector(n, 0.0)), Vector(n, 0.0), Vector(n, 0.0)};
    const double unit = 1.0 / (options_.sigma * options_.sigma);
    for (std::size_t row = 0; row < r.size(); ++row) {
      const double z = std::abs(r[row]) / options_.sigma;
      const double weight = unit * (z <= options_.huber ? 1.0 : options_.huber / z);
      for (std::size_t a = 0; a < n; ++a) {
        out.gradient[a] += weight * j[a][row] * r[row];
        for (std::size_t b = 0; b <= a; ++b) out.a[a][b] += weight * j[a][row] * j[b][row];
      }
    }
    for (std::size_t a = 0; a < n; ++a) {
      out.rows[a] = out.a[a][a];
      out.a[a][a] += prior_curvature();
      out.gradient[a] += prior_curvature() * departure(point, a);
      for (std::size_t b = 0; b < a; ++b) out.a[b][a] = out.a[a][b];
    }
    return out;
  }
  [[nodiscard]] double scale(std::size_t i) const { return parameters_[i].scale; }

 private:
  const std::vector<BoxedParameter>& parameters_;
  const Residuals& residuals_;
  const RobustOptions& options_;
};

}  // namespace

RobustFit robust_least_squares(const std::vector<BoxedParameter>& parameters,
                               const Residuals& residuals, const RobustOptions& options) {
  const Problem problem(parameters, residuals, options);
  RobustFit fit;
  for (const BoxedParameter& p : parameters) fit.point.push_back(p.start);
  fit.point = problem.clamped(fit.point);
  Vector r = problem.residuals(fit.point);
  fit.objective = problem.objective(fit.point, r);
  double damping = 1e-3;
  for (int iteration = 0; iteration < options.iterations; ++iteration) {
    const Problem::Equations normal = problem.equations(fit.point, r);
    bool improved = false;
    for (int attempt = 0; attempt < 12 && !improved; ++attempt) {
      Matrix damped = normal.a;
      for (std::size_t i = 0; i < damped.size(); ++i) damped[i][i] *= 1.0 + damping;
      Vector step;
      if (solve(std::move(damped), normal.gradient, step)) {
        Vector next = fit.point;
        for (std::size_t i = 0; i < next.size(); ++i) next[i] -= step[i] * problem.scale(i);
        next = problem.clamped(std::move(next));
        Vector there = problem.residuals(next);
        const double objective = problem.objective(next, there);
        if (objective < fit.objective) {
          const double gain = fit.objective - objective;
          fit.point = std::move(next);
          r = std::move(there);
          fit.objective = objective;
          damping = std::max(damping * 0.3, 1e-9);
          improved = gain > 1e-9 * (1.0 + objective);
          if (!improved) iteration = options.iterations;  // converged
          break;
        }
      }
      damping *= 4.0;
    }
    if (!improved) break;
  }
  const Problem::Equations normal = problem.equations(fit.point, r);
  for (const double curvature : normal.rows)
    fit.weight_of_rows.push_back(curvature / problem.prior_curvature());
  return fit;
}

}  // namespace gpusize::calibrate
