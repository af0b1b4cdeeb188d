using CsCheck;
using Loadline.Prediction;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Prediction;

/// <summary>How tokens spread over experts, and experts over ranks.</summary>
public sealed class RoutingTests
{
    private static readonly Gen<(double Tokens, int Experts, int Active, int Groups)> Layer = Gen.Select(
        Gen.Double[1, 5000],
        Gen.Int[1, 6].Select(power => 8 << power),
        Gen.Int[1, 8],
        Gen.Int[0, 3].Select(power => 1 << power)
    );

    [Fact]
    public void One_token_reads_the_experts_it_picks() =>
        Routing.Of(tokens: 1, experts: 128, active: 4, groups: 1).ShouldBe(new Routing(4, 4 / 128.0));

    [Fact]
    public void The_busiest_group_has_at_least_the_mean_and_at_most_everything() =>
        Layer.Sample(layer =>
        {
            var all = Routing.Of(layer.Tokens, layer.Experts, layer.Active, 1);
            var busiest = Routing.Of(layer.Tokens, layer.Experts, layer.Active, layer.Groups);
            return busiest.Rows >= all.Rows / layer.Groups * (1 - 1e-12)
                && busiest.Rows <= all.Rows
                && busiest.ExpertShare <= 1;
        });

    [Fact]
    public void More_tokens_are_more_rows_and_no_fewer_experts() =>
        Gen.Select(Layer, Gen.Double[1, 3])
            .Sample(
                (layer, growth) =>
                {
                    var few = Routing.Of(layer.Tokens, layer.Experts, layer.Active, layer.Groups);
                    var many = Routing.Of(layer.Tokens * growth, layer.Experts, layer.Active, layer.Groups);
                    return many.Rows >= few.Rows * (1 - 1e-12);
                }
            );

    [Fact]
    public void The_largest_of_eight_groups_is_where_drawing_them_puts_it()
    {
        // 512 tokens of 8 experts each out of 256 of gamma distributed popularity, dealt to 8 groups.
        const int Tokens = 512;
        const int Experts = 256;
        const int Active = 8;
        const int Groups = 8;
        const int Draws = 300;
        var random = new Random(7);
        var largest = 0.0;
        for (var draw = 0; draw < Draws; draw++)
        {
            var popularity = Enumerable.Range(0, Experts).Select(_ => Gamma(random)).ToArray();
            var rows = new int[Groups];
            for (var token = 0; token < Tokens; token++)
            {
                // The k largest of exponential races are a draw without replacement by popularity.
                var picked = Enumerable
                    .Range(0, Experts)
                    .OrderBy(expert => -Math.Log(1 - random.NextDouble()) / popularity[expert])
                    .Take(Active);
                foreach (var expert in picked)
                    rows[expert / (Experts / Groups)]++;
            }
            largest += (double)rows.Max() / Draws;
        }
        var predicted = Routing.Of(Tokens, Experts, Active, Groups).Rows;
        predicted.ShouldBe(largest, 0.1 * largest);
    }

    /// <summary>The sum of two exponential variables has a gamma distribution of shape 2.</summary>
    private static double Gamma(Random random) => -Math.Log((1 - random.NextDouble()) * (1 - random.NextDouble()));
}
