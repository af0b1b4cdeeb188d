using System.Collections.Immutable;
using Loadline.Catalog;
using Loadline.Models;
using Loadline.Prediction;
using Loadline.Quantities;

namespace Loadline.Planning;

/// <summary>Works out what a prompt costs at a host and on machines, with its static beginning cached and not.</summary>
public static class PromptCosts
{
    private const double Million = 1e6;
    private const double SecondsPerMonth = (double)Money.HoursPerMonth * 3600;

    /// <summary>Requests in flight at which a replica is taken to be full: what engines admit by default is 256.</summary>
    private const int MostInFlight = 256;

    /// <param name="prompt">A mean prompt.</param>
    /// <param name="outputTokens">A mean answer.</param>
    /// <param name="perMonth">Requests.</param>
    /// <param name="api">Host; null for none.</param>
    /// <param name="machines">Machines; null for none.</param>
    public static PromptEconomics Of(
        PromptParts prompt,
        double outputTokens,
        Estimate perMonth,
        ApiOffer? api,
        PromptOnMachines? machines
    )
    {
        var hosted = api is null ? null : Hosted(prompt, outputTokens, perMonth, api);
        return new PromptEconomics
        {
            Parts =
            [
                Part("system", prompt.System, true),
                Part("few-shot", prompt.FewShot, true),
                Part("retrieved", prompt.Retrieved, false),
                Part("history", prompt.History, false),
                Part("user", prompt.User, false),
            ],
            Hosted = hosted,
            OnMachines = machines,
        };

        PromptPartCost Part(string name, double tokens, bool isStatic)
        {
            if (api is null || hosted is null)
                return new(name, tokens, isStatic, null, null, null, null);
            var each = tokens * PriceOf(api) / Million;
            var cached = isStatic ? each * CachedShare(hosted) : each;
            return new(name, tokens, isStatic, each, cached, perMonth * each, perMonth * cached);
        }
    }

    /// <summary>
    /// cost = price x (dynamic + static x (h r + (1 - h) w)) + answer: h finds the prefix, r and w are the prices of
    /// reading and writing over the usual one.
    /// </summary>
    public static HostedPrompt Hosted(PromptParts prompt, double outputTokens, Estimate perMonth, ApiOffer api)
    {
        var price = PriceOf(api);
        var isKept = prompt.Static > 0 && !(api.CacheMinimumTokens > prompt.Static);
        var read =
            isKept && price > 0 && api.CachedPromptPerMillionTokens is { } cached
                ? (double)cached.Usd / price
                : (double?)null;
        var write = price > 0 && api.CacheWritePerMillionTokens is { } written ? (double)written.Usd / price : 1;
        var hits = read is null ? 0 : HitShare(perMonth.Value, api);
        var hosted = new HostedPrompt
        {
            Api = api.Id,
            ReadShare = read,
            WriteShare = write,
            MinimumTokens = api.CacheMinimumTokens,
            LifetimeSeconds = api.CacheLifetime?.Seconds,
            HitShare = hits,
            ReadsToPay = read is < 1 ? Math.Max(0, write - 1) / (1 - read.Value) : null,
            CostPerRequestUsd = 0,
            CachedCostPerRequestUsd = 0,
            CostPerMonthUsd = default,
            CachedCostPerMonthUsd = default,
            AsOf = api.AsOf,
        };
        var answer = outputTokens * (double)api.OutputPerMillionTokens.Usd;
        var whole = (prompt.Total * price + answer) / Million;
        var saved = ((prompt.Total - prompt.Static + prompt.Static * CachedShare(hosted)) * price + answer) / Million;
        return hosted with
        {
            CostPerRequestUsd = whole,
            CachedCostPerRequestUsd = saved,
            CostPerMonthUsd = perMonth * whole,
            CachedCostPerMonthUsd = perMonth * saved,
        };
    }

    /// <summary>The memory a cached prefix takes on machines, and the prefill that it saves.</summary>
    /// <exception cref="BadContentException">The prompt does not fit the model.</exception>
    public static PromptOnMachines? OnMachines(
        CatalogReader catalog,
        Model model,
        HardwareSpec hardware,
        string? weights,
        PromptParts prompt,
        double outputTokens
    )
    {
        var question = new ServingQuestion
        {
            Fit = new FitQuestion
            {
                Model = model,
                Hardware = hardware,
                Weights = weights,
            },
            PromptTokens = (long)Math.Round(prompt.Total),
            OutputTokens = Math.Max(1, (long)Math.Round(outputTokens)),
        };
        var predictor = new ServingPredictor(catalog);
        var prefix = Math.Min((long)prompt.Static, question.PromptTokens - 1);
        var whole = predictor.Ask(question);
        var cached = predictor.Ask(question with { CachedPrefixTokens = prefix });
        if (!whole.Feasible || !cached.Feasible)
            return null;
        var fits = new FitCheck(catalog);
        var memory = fits.Ask(question.Fit);
        var bytes = model.Architecture.Cache.At(prefix, fits.Build(question.Fit).Deployment.KvCache).Bytes;
        var full = question with { Concurrency = MostInFlight };
        return new PromptOnMachines
        {
            Hardware = hardware.ToString(),
            Model = model.Id,
            PrefixBytes = bytes,
            ShareOfCache = prefix / memory.CacheTokens,
            TtftSeconds = whole.TtftSeconds!.Value,
            CachedTtftSeconds = cached.TtftSeconds!.Value,
            RequestsPerSecond = predictor.Ask(full).RequestsPerSecond!.Value,
            CachedRequestsPerSecond = predictor.Ask(full with { CachedPrefixTokens = prefix }).RequestsPerSecond!.Value,
        };
    }

    /// <summary>Price of a static token when it is cached, over that of a new one.</summary>
    private static double CachedShare(HostedPrompt hosted) =>
        hosted.ReadShare is { } read ? hosted.HitShare * read + (1 - hosted.HitShare) * hosted.WriteShare : 1;

    /// <summary>
    /// Requests arrive at random (Poisson): the next is within the lifetime with 1 - exp(-rate x lifetime). Where the
    /// lifetime is not known, five minutes, which is what the hosts that publish one keep.
    /// </summary>
    private static double HitShare(double perMonth, ApiOffer api)
    {
        const double UsualLifetime = 300;
        return 1 - Math.Exp(-perMonth / SecondsPerMonth * (api.CacheLifetime?.Seconds ?? UsualLifetime));
    }

    private static double PriceOf(ApiOffer api) => (double)api.PromptPerMillionTokens.Usd;
}
