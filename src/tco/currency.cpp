#include "gpusize/tco/currency.hpp"

#include <vector>

#include "gpusize/core/text.hpp"

namespace gpusize {
namespace {

// Active national currencies of ISO 4217, list one.
constexpr std::string_view kCodes =
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN "
    "BZD CAD CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL "
    "GHS GIP GMD GNF GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF "
    "KPW KRW KWD KYD KZT LAK LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN "
    "MYR MZN NAD NGN NIO NOK NPR NZD OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD "
    "SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH "
    "UGX USD UYU UZS VED VES VND VUV WST XAF XCD XOF XPF YER ZAR ZMW ZWG";

}  // namespace

bool is_currency(std::string_view code) {
  return code.size() == 3 && code.find(' ') == std::string_view::npos &&
         kCodes.find(code) != std::string_view::npos && kCodes.find(code) % 4 == 0;
}

std::string currency_hint(std::string_view code) {
  if (code == "RMB") return "did you mean \"CNY\"?";  // the currency's name, not its code
  const std::string near = did_you_mean(code, split(kCodes, ' '));
  return near.empty() ? "an ISO 4217 code, for example USD, EUR, CNY" : near;
}

}  // namespace gpusize
