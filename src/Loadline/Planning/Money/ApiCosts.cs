using Loadline.Catalog;
using Loadline.Quantities;
using Loadline.Simulation;

namespace Loadline.Planning;

/// <summary>What a hosted model costs by request.</summary>
internal static class ApiCosts
{
    private const double Million = 1e6;

    /// <summary>USD for an average request of a workload.</summary>
    /// <remarks>
    /// The shared beginning of the prompts costs the price of cached tokens from the second request on, where the provider
    /// has one. A prompt longer than a tier's limit pays that tier's prices for all of its tokens. What nobody waits for
    /// goes through the batch interface where its price is known.
    /// </remarks>
    public static double PerRequest(ApiOffer api, Workload workload)
    {
        var prompt = workload.PromptTokens;
        // Beginnings that are too short for the provider's cache are paid for like all others.
        var prefix = workload.SharedPrefixTokens < api.CacheMinimumTokens ? 0 : workload.SharedPrefixTokens;
        double[] limits = [0, .. api.Tiers.Select(tier => (double)tier.AboveTokens).Order(), double.PositiveInfinity];
        var total = 0.0;
        for (var i = 0; i + 1 < limits.Length; i++)
        {
            var (above, upTo) = (limits[i], limits[i + 1]);
            var (input, cachedInput, output) = PricesAbove(api, above);
            var requests = ShareBelow(prompt, upTo) - ShareBelow(prompt, above);
            var tokens = TokensBelow(prompt, upTo) - TokensBelow(prompt, above);
            var cached = CachedBelow(prompt, upTo, prefix) - CachedBelow(prompt, above, prefix);
            total += (tokens - cached) * input + cached * cachedInput + requests * workload.OutputTokens.Mean * output;
        }
        var usd = total / Million;
        return workload.IsBatch && api.BatchPriceShare is { } batch ? usd * batch : usd;
    }

    /// <summary>Cached tokens of an average request, counting those of requests up to a length alone.</summary>
    private static double CachedBelow(TokenLengths prompt, double length, double prefix) =>
        length <= prefix
            ? TokensBelow(prompt, length)
            : TokensBelow(prompt, prefix) + prefix * (ShareBelow(prompt, length) - ShareBelow(prompt, prefix));

    /// <summary>Tokens of an average request, counting those of requests up to a length alone.</summary>
    /// <remarks>Partial expectation of a log-normal: mean x Phi((ln(length / mean) - s^2 / 2) / s).</remarks>
    private static double TokensBelow(TokenLengths prompt, double length) =>
        double.IsPositiveInfinity(length) ? prompt.Mean
        : prompt.Sigma <= 0 || length <= 0 ? prompt.Mean * ShareBelow(prompt, length)
        : prompt.Mean
            * NormalDistribution.Probability(
                (Math.Log(length / prompt.Mean) - prompt.Sigma * prompt.Sigma / 2) / prompt.Sigma
            );

    private static double ShareBelow(TokenLengths prompt, double length) =>
        double.IsPositiveInfinity(length) ? 1 : WorkloadMix.ShareBelow(prompt, length);

    /// <summary>Of prompts longer than so many tokens.</summary>
    private static (double Input, double Cached, double Output) PricesAbove(ApiOffer api, double promptTokens)
    {
        var input = api.PromptPerMillionTokens;
        var cached = api.CachedPromptPerMillionTokens;
        var output = api.OutputPerMillionTokens;
        foreach (var tier in api.Tiers.OrderBy(tier => tier.AboveTokens))
        {
            if (promptTokens < tier.AboveTokens)
                break;
            input = tier.PromptPerMillionTokens ?? input;
            cached = tier.CachedPromptPerMillionTokens ?? cached;
            output = tier.OutputPerMillionTokens ?? output;
        }
        return ((double)input.Usd, (double)(cached ?? input).Usd, (double)output.Usd);
    }
}
