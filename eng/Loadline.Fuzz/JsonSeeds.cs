using System.Text;
using System.Text.Json;
using Loadline.Catalog;
using Loadline.Cli;
using Loadline.Models;

namespace Loadline.Fuzz;

/// <summary>Configurations, catalog entries and scenarios to start from.</summary>
internal static class JsonSeeds
{
    private static readonly string[] Quantizations =
    [
        """{"quant_method":"fp8","weight_block_size":[128,128],"modules_to_not_convert":["lm_head"]}""",
        """{"quant_method":"mxfp4","modules_to_not_convert":["model.layers.*.self_attn","model.embed_tokens"]}""",
        """{"quant_method":"gptq","bits":4,"group_size":128,"desc_act":false}""",
        """{"quant_method":"awq","w_bit":4,"q_group_size":32}""",
        """{"quant_method":"bitsandbytes","load_in_8bit":true,"llm_int8_skip_modules":["lm_head"]}""",
        """{"quant_method":"fbgemm_fp8"}""",
        """{"quant_algo":"MIXED_PRECISION","quant_method":"modelopt","quantized_layers":{"model.layers.0.mlp":{"quant_algo":"NVFP4"}}}""",
        """{"quant_method":"compressed-tensors","config_groups":{"group_0":{"targets":["re:.*mlp\\.(up|down)_proj.*"],"weights":{"num_bits":4,"type":"int","strategy":"group","group_size":32,"symmetric":true}}},"ignore":["re:.*attn.*","lm_head"]}""",
    ];

    /// <summary>The shortest configuration of every model type, and one type with every way to quantize.</summary>
    public static IReadOnlyList<byte[]> Configurations()
    {
        var shortest = new CatalogReader()
            .Models.All.GroupBy(model => new ModelConfig(model.Id, model.Config).OptionalText("model_type"))
            .Select(models =>
                models.Select(model => JsonSerializer.SerializeToUtf8Bytes(model.Config)).MinBy(bytes => bytes.Length)!
            )
            .Where(bytes => bytes.Length < 4096);
        const string Llama = """
            {"model_type":"llama","hidden_size":64,"vocab_size":100,"num_hidden_layers":2,"num_attention_heads":4,"num_key_value_heads":2,"intermediate_size":128,"torch_dtype":"bfloat16","quantization_config":
            """;
        return [.. shortest, .. Quantizations.Select(format => Encoding.UTF8.GetBytes($"{Llama.TrimEnd()}{format}}}"))];
    }

    /// <summary>The first entries of the built-in files of a kind.</summary>
    public static IReadOnlyList<byte[]> Entries(string folder) =>
        [
            .. new CatalogFiles(null)
                .BuiltIn(folder)
                .Take(12)
                .Select(file =>
                {
                    foreach (var (_, value) in file.Root)
                    {
                        while (value is System.Text.Json.Nodes.JsonArray { Count: > 2 } list)
                            list.RemoveAt(2);
                    }
                    return Encoding.UTF8.GetBytes(file.Root.ToJsonString());
                })
                .Where(bytes => bytes.Length < 8192),
        ];

    public static byte[] ScenarioYaml { get; } = ReadResource("support-assistant.yaml");

    public static byte[] ScenarioJson { get; } =
        Encoding.UTF8.GetBytes(
            Yaml.Read("seed", new StringReader(Encoding.UTF8.GetString(ScenarioYaml)))!.ToJsonString()
        );

    private static byte[] ReadResource(string name)
    {
        using var stream = typeof(JsonSeeds).Assembly.GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
