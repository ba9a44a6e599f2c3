#include "cli/parser.hpp"

#include <cstdint>
#include <optional>
#include <string_view>
#include <type_traits>
#include <utility>

#include <CLI/CLI.hpp>

namespace gpusize::cli {
namespace {

template <typename T>
struct ValueOf {
  using type = T;
};
template <typename T>
struct ValueOf<std::optional<T>> {
  using type = T;
};
template <typename T>
struct ValueOf<std::vector<T>> {
  using type = T;
};

/// CLI11 reads 0x10 as 16, and 010 as 8 where a whole number is wanted.
bool is_other_base(std::string_view text, bool whole) {
  if (text.find_first_of("xX") != std::string_view::npos) return true;
  while (!text.empty() && (text.front() == '-' || text.front() == '+')) text.remove_prefix(1);
  return whole && text.size() > 1 && text.front() == '0' && text[1] >= '0' && text[1] <= '9';
}

template <typename T>
void want_decimal(CLI::Option& option) {
  using Value = typename ValueOf<T>::type;
  if constexpr (std::is_arithmetic_v<Value>) {
    option.check(CLI::Validator(
        [](std::string& text) {
          if (!is_other_base(text, std::is_integral_v<Value>)) return std::string();
          return "expected a decimal number, found \"" + text + "\"";
        },
        ""));
  }
}

}  // namespace

Check::Check(std::function<std::string(const std::string& text)> complaint, std::string shown)
    : validator_(std::make_shared<const CLI::Validator>(
          [complaint = std::move(complaint)](std::string& text) { return complaint(text); },
          std::move(shown))) {}

Check::Check(std::shared_ptr<const CLI::Validator> validator) : validator_(std::move(validator)) {}

template <typename T>
Check range(T low, T high) {
  return Check(std::make_shared<const CLI::Validator>(CLI::Range(low, high)));
}
template Check range(int, int);
template Check range(std::int64_t, std::int64_t);
template Check range(double, double);

Check not_negative() {
  return Check(std::make_shared<const CLI::Validator>(CLI::NonNegativeNumber));
}

Check one_of(const std::vector<std::string>& words) {
  return Check(std::make_shared<const CLI::Validator>(CLI::IsMember(words)));
}

Option& Option::required(bool value) {
  option_->required(value);
  return *this;
}

Option& Option::take_all() {
  option_->take_all();
  return *this;
}

Option& Option::check(const Check& check) {
  option_->check(*check.validator_);
  return *this;
}

Option& Option::capture_default_str() {
  option_->capture_default_str();
  return *this;
}

Option& Option::allow_extra_args(bool value) {
  option_->allow_extra_args(value);
  return *this;
}

Option& Option::delimiter(char between) {
  option_->delimiter(between);
  return *this;
}

template <typename T>
Option Parser::add_option(const std::string& name, T& target, const std::string& help) {
  CLI::Option& option = *app_->add_option(name, target, help);
  want_decimal<T>(option);
  return Option(option);
}
template Option Parser::add_option(const std::string&, std::string&, const std::string&);
template Option Parser::add_option(const std::string&, int&, const std::string&);
template Option Parser::add_option(const std::string&, std::int64_t&, const std::string&);
template Option Parser::add_option(const std::string&, std::uint64_t&, const std::string&);
template Option Parser::add_option(const std::string&, double&, const std::string&);
template Option Parser::add_option(const std::string&, std::optional<std::int64_t>&,
                                   const std::string&);
template Option Parser::add_option(const std::string&, std::optional<double>&, const std::string&);
template Option Parser::add_option(const std::string&, std::vector<std::string>&,
                                   const std::string&);
template Option Parser::add_option(const std::string&, std::vector<std::int64_t>&,
                                   const std::string&);

Option Parser::add_flag(const std::string& name, bool& target, const std::string& help) {
  return Option(*app_->add_flag(name, target, help));
}

Option Parser::add_flag_callback(const std::string& name, std::function<void()> given,
                                 const std::string& help) {
  return Option(*app_->add_flag_callback(name, std::move(given), help));
}

Parser Parser::add_subcommand(const std::string& name, const std::string& help) {
  return Parser(*app_->add_subcommand(name, help));
}

void Parser::remove_option(const std::string& name) { app_->remove_option(app_->get_option(name)); }

bool Parser::parsed() const { return app_->parsed(); }

std::size_t Parser::count(const std::string& option) const {
  const CLI::Option* found = app_->get_option_no_throw(option);
  return found == nullptr ? 0 : found->count();
}

}  // namespace gpusize::cli
