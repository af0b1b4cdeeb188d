using Loadline.Catalog;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>What a hosted model costs by request.</summary>
internal static class ApiCosts
{
    /// <summary>Lengths at which the prices of longer prompts are looked up.</summary>
    private const int Quantiles = 400;

    private const double Million = 1e6;

    /// <summary>USD for an average request of a workload.</summary>
    /// <remarks>
    /// The shared beginning of the prompts costs the price of cached tokens from the second request on, where the provider
    /// has one. A prompt longer than a tier's limit pays that tier's prices for all of its tokens. What nobody waits for
    /// goes through the batch interface where its price is known.
    /// </remarks>
    public static double PerRequest(ApiOffer api, Workload workload)
    {
        var total = 0.0;
        for (var i = 0; i < Quantiles; i++)
        {
            var share = (i + 0.5) / Quantiles;
            var prompt = workload.PromptTokens.Percentile(share);
            var cached = Math.Min(prompt, workload.SharedPrefixTokens);
            var (input, cachedInput, output) = PricesAt(api, prompt);
            total += (prompt - cached) * input + cached * cachedInput + workload.OutputTokens.Mean * output;
        }
        var usd = total / Quantiles / Million;
        return workload.IsBatch && api.BatchPriceShare is { } batch ? usd * batch : usd;
    }

    private static (double Input, double Cached, double Output) PricesAt(ApiOffer api, double promptTokens)
    {
        var input = api.PromptPerMillionTokens;
        var cached = api.CachedPromptPerMillionTokens;
        var output = api.OutputPerMillionTokens;
        foreach (var tier in api.Tiers)
        {
            if (promptTokens <= tier.AboveTokens)
                continue;
            input = tier.PromptPerMillionTokens ?? input;
            cached = tier.CachedPromptPerMillionTokens ?? cached;
            output = tier.OutputPerMillionTokens ?? output;
        }
        return ((double)input.Usd, (double)(cached ?? input).Usd, (double)output.Usd);
    }
}
