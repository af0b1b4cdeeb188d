using System.Globalization;
using System.Text.Json;
using Loadline.Models;

namespace Loadline.Prediction;

/// <summary>The architecture that the shape columns of a training measurement describe, where no catalogued model has it.</summary>
internal static class TrainingShapes
{
    public static Architecture Describe(CsvRow row)
    {
        var hidden = Size("hidden");
        var inner = row.WholeNumber("ffn") ?? 4 * hidden;
        var heads = Size("heads");
        var keyHeads = row.WholeNumber("kv_heads") ?? heads;
        var layers = Size("layers");
        var vocabulary = Size("vocab");
        var headSize = row.WholeNumber("head_dim") ?? hidden / heads;
        // Two matrices or three: whichever comes nearer to the stated parameters.
        var attention = 2 * (double)hidden * headSize * (heads + keyHeads);
        var gated = layers * (attention + 3.0 * hidden * inner);
        var plain = layers * (attention + 2.0 * hidden * inner);
        var stated = row.Number("params") ?? gated;
        var isPlain = Nearest(plain) < Nearest(gated) && hidden == heads * headSize;
        var isMpt = row.Text("model").StartsWith("MPT", StringComparison.Ordinal);
        // Learned positions are among the parameters of an MPT, whose embeddings are tied; elsewhere the count decides.
        var isTied =
            isMpt
            || Math.Abs(Best() + (double)vocabulary * hidden - stated)
                < Math.Abs(Best() + 2.0 * vocabulary * hidden - stated);
        var text = isPlain
            ? Invariant(
                $$"""{"model_type":"mpt","d_model":{{hidden}},"n_heads":{{heads}},"n_layers":{{layers}},"vocab_size":{{vocabulary}},"max_seq_len":{{row.WholeNumber("seq_len")}},"expansion_ratio":{{inner / hidden}},"no_bias":{{Lower(!isMpt)}},"learned_pos_emb":{{Lower(isMpt)}},"tie_word_embeddings":{{Lower(isTied)}},"torch_dtype":"bfloat16","attn_config":{"alibi":false,"kv_n_heads":{{keyHeads}} } }"""
            )
            : Invariant(
                $$"""{"model_type":"llama","hidden_size":{{hidden}},"intermediate_size":{{inner}},"num_attention_heads":{{heads}},"num_key_value_heads":{{keyHeads}},"head_dim":{{headSize}},"num_hidden_layers":{{layers}},"vocab_size":{{vocabulary}},"max_position_embeddings":{{row.WholeNumber("seq_len")}},"tie_word_embeddings":{{Lower(isTied)}},"torch_dtype":"bfloat16"}"""
            );
        using var document = JsonDocument.Parse(text);
        return ModelFamilies.Describe(new ModelConfig(row.Text("model"), document.RootElement.Clone()));

        long Size(string column) => row.WholeNumber(column) ?? throw row.Wrong(column, "empty", "a whole number");

        double Nearest(double body) =>
            Math.Min(
                Math.Abs(body + (double)vocabulary * hidden - stated),
                Math.Abs(body + 2.0 * vocabulary * hidden - stated)
            );

        double Best() => isPlain ? plain : gated;
    }

    private static string Lower(bool flag) => flag ? "true" : "false";

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
