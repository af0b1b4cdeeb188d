using System.Collections.Immutable;

namespace Loadline.Quantization.Inference;

/// <summary>Sends every token to a few experts and adds up what they say, weighed by the router.</summary>
internal sealed class ExpertPass : IDisposable
{
    private readonly MlpPass mlp;
    private readonly ForwardPass pass;
    private readonly int tokens;
    private readonly FloatRows scores;
    private readonly FloatRows input;
    private readonly FloatRows inner;
    private readonly FloatRows output;

    public ExpertPass(MlpPass mlp, ForwardPass pass, ImmutableArray<DecoderLayer> layers, int tokens)
    {
        this.mlp = mlp;
        this.pass = pass;
        this.tokens = tokens;
        var experts = layers.Where(layer => layer.Experts is not null).Select(layer => layer.Experts!).ToList();
        var width = layers[0].MlpNorm.Width;
        scores = new FloatRows(tokens, experts.Max(item => item.Router.Matrix.Rows));
        input = new FloatRows(tokens, width);
        inner = new FloatRows(tokens, experts.Max(item => MlpPass.InnerWidth(item.Experts[0])));
        output = new FloatRows(tokens, width);
    }

    public void Run(ExpertMlp experts, FloatRows hidden, FloatRows sum)
    {
        pass.Multiply(experts.Router, hidden, tokens, scores);
        var routes = new List<(int Token, float Weight)>[experts.Experts.Length];
        for (var expert = 0; expert < routes.Length; expert++)
            routes[expert] = [];
        for (var token = 0; token < tokens; token++)
        {
            Route(scores.Row(token)[..routes.Length], experts.Active, token, routes);
            sum.Row(token).Clear();
        }
        // In the order of the experts, so that a token's sum does not depend on those beside it.
        for (var expert = 0; expert < routes.Length; expert++)
        {
            var sent = routes[expert];
            for (var i = 0; i < sent.Count; i++)
                hidden.Row(sent[i].Token).CopyTo(input.Row(i));
            if (sent.Count > 0)
                mlp.Run(experts.Experts[expert], input, sent.Count, inner, output);
            for (var i = 0; i < sent.Count; i++)
            {
                var row = output.Row(i);
                Elementwise.Scale(row, sent[i].Weight);
                Elementwise.Add(sum.Row(sent[i].Token), row);
            }
        }
    }

    public void Dispose()
    {
        scores.Dispose();
        input.Dispose();
        inner.Dispose();
        output.Dispose();
    }

    /// <summary>Picks the experts of the largest shares, of equal ones the first.</summary>
    private void Route(Span<float> shares, int active, int token, List<(int Token, float Weight)>[] routes)
    {
        Elementwise.Softmax(shares);
        Span<int> chosen = stackalloc int[active];
        var total = 0.0f;
        for (var i = 0; i < active; i++)
        {
            var best = -1;
            for (var expert = 0; expert < shares.Length; expert++)
            {
                if (!chosen[..i].Contains(expert) && (best < 0 || shares[expert] > shares[best]))
                    best = expert;
            }
            chosen[i] = best;
            total += shares[best];
        }
        foreach (var expert in chosen)
            routes[expert].Add((token, pass.Settings.NormalizesExperts ? shares[expert] / total : shares[expert]));
    }
}
