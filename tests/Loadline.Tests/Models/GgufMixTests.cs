using Loadline.Catalog;
using Loadline.Models;
using Shouldly;
using Xunit;

namespace Loadline.Tests.Models;

public sealed class GgufMixTests
{
    private const string Llama3 = "meta-llama/Meta-Llama-3-8B";
    private const string Llama2 = "meta-llama/Llama-2-70b-chat-hf";

    /// <summary>Half of the last digit of sizes printed in GiB with two decimals.</summary>
    private const double HalfADigit = 0.005;

    private static readonly ModelSource Models = new(new CatalogReader());

    // Sum of the tensors as llama.cpp logs it ("model size"), GiB with two decimals. Llama 1: XiongjieDai,
    // GPU-Benchmarks-on-LLM-Inference, 2024-05. Qwen3 and DeepSeek-R1: logs in ikawrakow/ik_llama.cpp discussions and
    // issues, 2025.
    [Theory]
    [InlineData("huggyllama/llama-7b", "Q4_0", 3.56)]
    [InlineData("huggyllama/llama-7b", "F16", 12.55)]
    [InlineData("huggyllama/llama-13b", "Q4_0", 6.86)]
    [InlineData("huggyllama/llama-13b", "F16", 24.24)]
    [InlineData("huggyllama/llama-30b", "Q4_0", 17.09)]
    [InlineData("huggyllama/llama-65b", "Q4_0", 34.27)]
    [InlineData("huggyllama/llama-65b", "F16", 121.61)]
    [InlineData("Qwen/Qwen3-235B-A22B", "Q8_0", 232.77)]
    [InlineData("Qwen/Qwen3-235B-A22B", "Q6_K", 179.75)]
    [InlineData("deepseek-ai/DeepSeek-R1", "Q8_0", 664.295)]
    [InlineData("Qwen/Qwen3-30B-A3B", "Q4_K_M", 17.28)]
    public void The_tensors_are_as_large_as_llama_cpp_logs(string model, string type, double gib) =>
        TensorsOf(model, type).ShouldBe(gib, 0.001 * gib + HalfADigit);

    // Files of Meta-Llama-3-8B, GiB with two decimals: ggml-org/llama.cpp, examples/perplexity/README.md, 2024-05. A
    // file also holds the vocabulary of 128,256 tokens and its 280,147 merges, 7.3 MiB.
    [Theory]
    [InlineData("F16", 14.97, 0.001)]
    [InlineData("Q8_0", 7.96, 0.001)]
    [InlineData("Q6_K", 6.14, 0.001)]
    [InlineData("Q5_1", 5.65, 0.001)]
    [InlineData("Q5_0", 5.21, 0.001)]
    [InlineData("Q4_1", 4.78, 0.001)]
    [InlineData("Q4_0", 4.34, 0.001)]
    [InlineData("Q5_K_M", 5.33, 0.005)]
    [InlineData("Q5_K_S", 5.21, 0.005)]
    [InlineData("Q4_K_M", 4.58, 0.005)]
    [InlineData("Q4_K_S", 4.37, 0.005)]
    [InlineData("IQ4_NL", 4.35, 0.005)]
    [InlineData("IQ4_XS", 4.14, 0.005)]
    [InlineData("Q3_K_L", 4.03, 0.005)]
    [InlineData("Q3_K_M", 3.74, 0.005)]
    [InlineData("Q3_K_S", 3.41, 0.005)]
    [InlineData("IQ3_M", 3.53, 0.005)]
    [InlineData("IQ3_S", 3.42, 0.005)]
    [InlineData("IQ3_XS", 3.28, 0.005)]
    [InlineData("IQ3_XXS", 3.05, 0.005)]
    [InlineData("Q2_K", 2.96, 0.005)]
    [InlineData("IQ2_M", 2.74, 0.005)]
    [InlineData("IQ2_S", 2.56, 0.005)]
    [InlineData("IQ2_XS", 2.43, 0.005)]
    [InlineData("IQ2_XXS", 2.24, 0.005)]
    [InlineData("IQ1_M", 2.01, 0.005)]
    [InlineData("IQ1_S", 1.88, 0.005)]
    public void A_file_of_llama_3_is_as_large_as_published(string type, double gib, double tolerance)
    {
        const double vocabulary = 7.3 / 1024;

        (TensorsOf(Llama3, type) + vocabulary).ShouldBe(gib, tolerance * gib + HalfADigit);
    }

    // Files of Llama 2 70B: the same page, 2023. Q3_K_M and Q4_K_S of that year had other mixes.
    [Theory]
    [InlineData("F16", 128.5, 0.001)]
    [InlineData("Q6_K", 52.70, 0.001)]
    [InlineData("Q5_0", 44.20, 0.001)]
    [InlineData("Q4_1", 40.20, 0.001)]
    [InlineData("Q4_0", 36.20, 0.001)]
    [InlineData("Q5_K_M", 45.41, 0.005)]
    [InlineData("Q5_K_S", 44.20, 0.005)]
    [InlineData("Q4_K_M", 38.54, 0.005)]
    [InlineData("Q3_K_L", 33.67, 0.005)]
    public void A_file_of_llama_2_70b_is_as_large_as_published(string type, double gib, double tolerance) =>
        TensorsOf(Llama2, type).ShouldBe(gib, tolerance * gib + HalfADigit);

    // gpustack/gguf-parser-go, README, 2025.
    [Theory]
    [InlineData("Qwen/Qwen2.5-7B", 4.36)]
    [InlineData("Qwen/Qwen2.5-72B", 44.15)]
    public void A_file_of_qwen_is_as_large_as_published(string model, double gib) =>
        TensorsOf(model, "Q4_K_M").ShouldBe(gib, 0.005 * gib + HalfADigit);

    [Fact]
    public void Mxfp4_files_keep_experts_in_mxfp4_and_everything_else_in_8_bit()
    {
        // gpt-oss-20b: 24 layers of 32 experts of 3 x 2,880 x 2,880 in blocks of 17 bytes for 32 weights, less than the
        // 12.1 GB of the published file by its other tensors in Q8_0 and fp32.
        var architecture = Models.Read("openai/gpt-oss-20b").Architecture;
        var mix = GgufMix.Find("MXFP4_MOE", architecture)!;
        var experts = architecture.Tensors.Tensors.Where(tensor =>
            tensor is { Role: TensorRole.Expert, Shape.Length: 3 }
        );

        experts.Sum(tensor => mix.SizeOf(tensor).Bytes).ShouldBe(24L * 32 * 3 * 2880 * 2880 / 32 * 17);
        (architecture.Tensors.SizeIn(mix).Bytes / 1e9).ShouldBe(12.1, 0.05);
    }

    [Fact]
    public void Rows_that_do_not_divide_into_blocks_fall_back_to_shorter_blocks()
    {
        // gpt-oss is 2,880 wide: 90 blocks of 32, but 11.25 of 256. Q4_K becomes Q5_0 there, Q6_K becomes Q8_0.
        var architecture = Models.Read("openai/gpt-oss-20b").Architecture;
        var mix = GgufMix.Find("Q4_K_M", architecture)!;
        var head = architecture.Tensors.Tensors.Single(tensor => tensor.Role == TensorRole.Head);
        var query = architecture.Tensors.Tensors.First(tensor => tensor.Name.Contains("q_proj.weight"));

        mix.FormatOf(query).ShouldBe(BlockFormats.Q5_0);
        mix.FormatOf(head).ShouldBe(BlockFormats.Q8_0);
    }

    [Fact]
    public void Nothing_is_packed_into_blocks_it_does_not_fill()
    {
        foreach (var model in (string[])["openai-community/gpt2-xl", "Qwen/Qwen2.5-0.5B", "microsoft/phi-2", Llama3])
        {
            var architecture = Models.Read(model).Architecture;
            foreach (var name in GgufMix.Names)
            {
                var mix = GgufMix.Find(name, architecture)!;
                foreach (var tensor in architecture.Tensors.Tensors)
                    (tensor.InputFeatures % mix.FormatOf(tensor).BlockLength).ShouldBe(0, $"{tensor.Name} in {name}");
            }
        }
    }

    private static double TensorsOf(string model, string type)
    {
        var architecture = Models.Read(model).Architecture;
        return architecture.Tensors.SizeIn(GgufMix.Find(type, architecture)!).GiB;
    }
}
