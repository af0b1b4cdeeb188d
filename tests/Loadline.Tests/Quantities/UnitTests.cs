using System.Globalization;
using CsCheck;
using Loadline.Quantities;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Quantities;

public sealed class UnitTests
{
    [Theory]
    [InlineData("80 GiB", 85_899_345_920)]
    [InlineData("80GiB", 85_899_345_920)]
    [InlineData("80 GB", 80_000_000_000)]
    [InlineData("81559 MiB", 85_520_809_984)]
    [InlineData("1.5 kB", 1_500)]
    [InlineData("1.5 KiB", 1_536)]
    [InlineData("512 B", 512)]
    [InlineData("1e3 B", 1_000)]
    [InlineData("2E+2 MB", 200_000_000)]
    [InlineData("1,024 KiB", 1_048_576)]
    [InlineData(" 1 TiB ", 1_099_511_627_776)]
    [InlineData("0 B", 0)]
    public void A_size_is_read_with_its_unit(string text, long bytes)
    {
        ByteSize.TryParse(text, out var size).ShouldBeTrue();
        size.Bytes.ShouldBe(bytes);
    }

    [Theory]
    [InlineData("80 G")]
    [InlineData("80G")]
    [InlineData("80")]
    [InlineData("GiB")]
    [InlineData("")]
    [InlineData("80 gib")]
    [InlineData("80 Gib")]
    [InlineData("NaN GiB")]
    [InlineData("Infinity B")]
    [InlineData("1e999 B")]
    [InlineData("-1 GiB")]
    [InlineData("9e18 kB")]
    [InlineData("9.3e18 B")]
    [InlineData("9223372036854775808 B")]
    [InlineData("1e B")]
    [InlineData("5 EB")]
    [InlineData("80 GiB/s")]
    [InlineData("80 GiB 4")]
    public void A_size_without_a_clear_unit_or_number_is_refused(string text) =>
        ByteSize.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("3.35 TB/s", 3.35e12)]
    [InlineData("864 GB/s", 8.64e11)]
    [InlineData("1e3 MB/s", 1e9)]
    public void A_bandwidth_is_decimal(string text, double bytesPerSecond)
    {
        Bandwidth.TryParse(text, out var rate).ShouldBeTrue();
        rate.BytesPerSecond.ShouldBe(bytesPerSecond, bytesPerSecond * 1e-15);
    }

    [Theory]
    [InlineData("0 GB/s")]
    [InlineData("-1 GB/s")]
    [InlineData("3 GB")]
    [InlineData("3 GiB/s")]
    [InlineData("1e308 PB/s")]
    public void A_bandwidth_that_moves_nothing_is_refused(string text) =>
        Bandwidth.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("19.5 TFLOP/s", 19.5e12)]
    [InlineData("660.6 TOP/s", 660.6e12)]
    [InlineData("9 PFLOP/s", 9e15)]
    public void A_rate_counts_operations(string text, double perSecond)
    {
        FlopRate.TryParse(text, out var rate).ShouldBeTrue();
        rate.PerSecond.ShouldBe(perSecond, perSecond * 1e-15);
    }

    [Theory]
    [InlineData("19.5 TFLOPS")]
    [InlineData("19.5 TFLOP")]
    [InlineData("0 TFLOP/s")]
    public void A_rate_without_its_second_is_refused(string text) => FlopRate.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("1.5 s", 1.5)]
    [InlineData("3s", 3)]
    [InlineData("50 ms", 0.05)]
    [InlineData("7 us", 7e-6)]
    [InlineData("2 min", 120)]
    [InlineData("1 h", 3600)]
    [InlineData("0 s", 0)]
    public void A_duration_is_read_with_its_unit(string text, double seconds)
    {
        Duration.TryParse(text, out var duration).ShouldBeTrue();
        duration.Seconds.ShouldBe(seconds, seconds * 1e-15);
    }

    [Theory]
    [InlineData("3")]
    [InlineData("-3 s")]
    [InlineData("3 m")]
    [InlineData("3 sec")]
    [InlineData("1e308 h")]
    public void A_duration_without_a_clear_unit_is_refused(string text) =>
        Duration.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("8000 USD", 8000)]
    [InlineData("0.54 USD", 0.54)]
    [InlineData("30,000 USD", 30000)]
    public void Money_is_in_dollars(string text, double usd)
    {
        Money.TryParse(text, out var money).ShouldBeTrue();
        money.Usd.ShouldBe((decimal)usd);
    }

    [Theory]
    [InlineData("8000")]
    [InlineData("8000 EUR")]
    [InlineData("USD")]
    [InlineData("-1 USD")]
    [InlineData("99999999999999999999999999999999 USD")]
    public void Money_in_no_currency_is_refused(string text) => Money.TryParse(text, out _).ShouldBeFalse();

    [Theory]
    [InlineData("350 W", 350)]
    [InlineData("1.2 kW", 1200)]
    public void Power_is_in_watts(string text, double watts)
    {
        Power.TryParse(text, out var power).ShouldBeTrue();
        power.Watts.ShouldBe(watts, 1e-9);
    }

    [Fact]
    public void Bytes_printed_whole_are_read_back_exactly() =>
        Gen.Long[0, 1L << 53]
            .Sample(bytes =>
                ByteSize.TryParse(string.Create(CultureInfo.InvariantCulture, $"{bytes} B"), out var size)
                && size.Bytes == bytes
            );

    [Fact]
    public void Small_sizes_are_printed_to_the_byte_and_read_back() =>
        // Below 1 MiB every byte is printed.
        Gen.Long[0, (1 << 20) - 1]
            .Sample(bytes => ByteSize.TryParse(new ByteSize(bytes).ToString(), out var size) && size.Bytes == bytes);

    [Fact]
    public void Larger_sizes_are_printed_to_three_digits_and_read_back_to_half_of_the_last() =>
        Gen.Long[1 << 20, 1L << 50]
            .Sample(bytes =>
                ByteSize.TryParse(new ByteSize(bytes).ToString(), out var size)
                && Math.Abs(size.Bytes - bytes) <= 0.005 * bytes + 1
            );

    [Fact]
    public void Durations_are_printed_to_three_digits_and_read_back_to_half_of_the_last() =>
        Gen.Double[-9, 6]
            .Select(exponent => Math.Pow(10, exponent))
            .Sample(seconds =>
                Duration.TryParse(new Duration(seconds).ToString(), out var read)
                && Math.Abs(read.Seconds - seconds) <= 0.00501 * seconds
            );

    [Fact]
    public void Bytes_over_bandwidth_is_time() =>
        (new ByteSize(1_324_785_664) / new Bandwidth(2.039e12)).Seconds.ShouldBe(0.000_649_7, 1e-7);

    [Fact]
    public void A_sum_of_sizes_that_cannot_be_counted_is_an_error_and_no_wrap_around() =>
        Should.Throw<OverflowException>(() => new ByteSize(long.MaxValue) + new ByteSize(1));

    [Theory]
    [InlineData(0, "0")]
    [InlineData(1234.5, "1,230")]
    [InlineData(12.345, "12.3")]
    [InlineData(1.2345, "1.23")]
    [InlineData(0.012345, "0.0123")]
    [InlineData(9.996, "10.0")]
    [InlineData(999.6, "1,000")]
    [InlineData(-0.5, "-0.500")]
    [InlineData(1_234_567, "1,230,000")]
    public void Numbers_for_people_have_three_digits(double value, string text) =>
        Significant.Three(value).ShouldBe(text);
}
