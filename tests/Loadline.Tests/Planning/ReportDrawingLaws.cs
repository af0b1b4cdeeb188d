using CsCheck;
using Loadline.Planning;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Planning;

public sealed class ReportDrawingLaws
{
    private static readonly Gen<double> Values = Gen.OneOf(
        Gen.Double[-1000, 1000],
        Gen.Double[-1e12, 1e12],
        Gen.Double[-1e-6, 1e-6],
        Gen.Const(0.0)
    );

    [Fact]
    public void Linear_ticks_cover_the_range_and_are_few() =>
        Gen.Select(Values, Values, Gen.Int[3, 12])
            .Sample(
                (one, other, most) =>
                {
                    var (low, high) = (Math.Min(one, other), Math.Max(one, other));
                    var ticks = NiceTicks.Linear(low, high, most);
                    return ticks[0] <= low
                        && ticks[^1] >= high
                        && ticks.Length is >= 2
                        && ticks.Length <= most
                        && IsIncreasing(ticks);
                }
            );

    [Fact]
    public void Logarithmic_ticks_cover_the_range_and_are_few() =>
        Gen.Select(Gen.Double[-9, 12], Gen.Double[0, 9], Gen.Int[3, 12])
            .Sample(
                (power, span, most) =>
                {
                    var (low, high) = (Math.Pow(10, power), Math.Pow(10, power + span));
                    var ticks = NiceTicks.Logarithmic(low, high, most);
                    return ticks[0] <= low
                        && ticks[^1] >= high
                        && ticks.Length is >= 2
                        && ticks.Length <= most
                        && IsIncreasing(ticks);
                }
            );

    [Fact]
    public void Months_end_at_the_horizon() =>
        Gen.Select(Gen.Int[1, 240], Gen.Int[3, 10])
            .Sample(
                (horizon, most) =>
                {
                    var ticks = Scale.Months(horizon, 0, 1, most).Ticks;
                    return ticks[0] == 0 && ticks[^1] == horizon && ticks.Length <= most + 1 && IsIncreasing(ticks);
                }
            );

    [Fact]
    public void A_scale_stays_between_its_ends_and_keeps_the_order() =>
        Gen.Select(Gen.Double[0, 1e9], Gen.Double[0, 1e9], Gen.Double[0, 1e9])
            .Sample(
                (one, other, high) =>
                {
                    var scale = Scale.FromZero(high, 10, 110, 6);
                    var (first, second) = (scale.At(Math.Min(one, other)), scale.At(Math.Max(one, other)));
                    return first >= 10 && second <= 110 && first <= second;
                }
            );

    [Fact]
    public void Ticks_are_round_numbers()
    {
        NiceTicks.Linear(0, 20, 7).ShouldBe([0, 5, 10, 15, 20]);
        NiceTicks.Linear(0, 0.3, 5).ShouldBe([0, 0.1, 0.2, 0.3]);
        // In steps of 2 it would take eight, from -4 to 10.
        NiceTicks.Linear(-3, 9, 7).ShouldBe([-5, 0, 5, 10]);
        NiceTicks.Linear(-3, 9, 8).ShouldBe([-4, -2, 0, 2, 4, 6, 8, 10]);
        NiceTicks.Logarithmic(3, 700, 12).ShouldBe([2, 5, 10, 20, 50, 100, 200, 500, 1000]);
    }

    [Fact]
    public void Labels_do_not_lie_on_each_other() =>
        Gen.Select(Gen.Double[0, 400], Gen.Double[0, 300])
            .Array[1, 14]
            .Sample(points =>
            {
                var area = new Box(0, 0, 400, 300);
                var placement = new LabelPlacement(area);
                var marks = points.Select(point => new Box(point.Item1 - 5, point.Item2 - 5, 10, 10)).ToList();
                marks.ForEach(placement.Take);
                var labels = points
                    .Select(point => placement.Beside(point.Item1, point.Item2, 5, 60, 16))
                    .OfType<Box>()
                    .ToList();
                return labels.TrueForAll(label =>
                    area.Contains(label)
                    && !marks.Exists(label.Overlaps)
                    && labels.Count(other => other.Overlaps(label)) == 1
                );
            });

    [Fact]
    public void Positions_moved_apart_keep_their_gap_and_order() =>
        Gen.Double[0, 300]
            .Array[1, 10]
            .Sample(wanted =>
            {
                var places = LabelPlacement.Apart(wanted, 20, 0, 300);
                var sorted = places.Order().ToArray();
                var order = wanted.Select((_, index) => index).OrderBy(index => wanted[index]);
                return sorted.Zip(sorted.Skip(1)).All(pair => pair.Second - pair.First >= 20 - 1e-9)
                    && order.Select(index => places[index]).SequenceEqual(sorted)
                    && sorted[0] >= -1e-9
                    && sorted[^1] <= 300 + 1e-9;
            });

    [Fact]
    public void Shortened_text_has_room() =>
        Gen.Select(Gen.String, Gen.Double[15, 300])
            .Sample((text, room) => TextWidth.Of(TextWidth.Shortened(text, room, 13), 13) <= room);

    private static bool IsIncreasing(IReadOnlyList<double> ticks) =>
        ticks.Zip(ticks.Skip(1)).All(pair => pair.First < pair.Second);
}
