using System.CommandLine;
using System.Globalization;
using Loadline.Cli.Rendering;
using Loadline.Models;
using Loadline.Quantization;

namespace Loadline.Cli.Commands;

internal static class QuantizeCommand
{
    public static Command Create(Surroundings surroundings)
    {
        var model = new Argument<string>("MODEL")
        {
            Description =
                "Folder, index, .safetensors or .gguf with the weights, or a Hugging Face id in the local cache",
        };
        var to = new Option<string>("--to")
        {
            Description =
                "Recipe: fp8, int8, int4, nf4, mxfp4, nvfp4, bf16 or fp16 for safetensors; Q4_K_M, Q8_0, F16 and others for GGUF",
            HelpName = "FORMAT",
            Required = true,
        };
        var output = new Option<string>("--output")
        {
            Description = "Folder to write into, or a .gguf file",
            HelpName = "DIR",
            Required = true,
        };
        var options = new QuantizeOptions();
        var answer = new Answer("--output-file");
        var command = new Command("quantize", "Round the weights of a model to a smaller format and measure the error");
        command.Arguments.Add(model);
        command.Options.Add(to);
        command.Options.Add(output);
        options.AddTo(command);
        answer.AddTo(command);
        command.SetAction(parsed =>
        {
            var name = parsed.GetRequiredValue(model);
            var request = options.Read(
                parsed,
                new QuantizationRequest(
                    FindModel(name, surroundings),
                    parsed.GetRequiredValue(to),
                    parsed.GetRequiredValue(output)
                )
            );
            var report = options.IsDryRun(parsed)
                ? Quantizer.Preview(request)
                : Progress.Run(surroundings, $"quantizing {name}", say => Run(request, say, surroundings));
            answer.Print(
                parsed,
                surroundings,
                report,
                AnswerJson.Default.QuantizationReport,
                (page, value) => QuantizePage.Render(page, value, options.ShowsTensors(parsed))
            );
            return ExitCodes.Yes;
        });
        return command;
    }

    private static QuantizationReport Run(QuantizationRequest request, Action<string> say, Surroundings surroundings) =>
        Quantizer.Run(request, new RateText(say, surroundings.Clock), surroundings.Interrupt);

    /// <summary>Only what is on this machine: weights are too large to be fetched in passing.</summary>
    private static string FindModel(string name, Surroundings surroundings)
    {
        if (ModelFiles.Exists(name))
            return name;
        return HubCache.FromEnvironment(surroundings.Variable)?.Find(name)
            ?? throw new FileNotFoundException($"{name}: no such file or folder, and not in the local cache of models");
    }

    /// <summary>How far, how fast and how much longer.</summary>
    private sealed class RateText(Action<string> say, TimeProvider clock) : IProgress<QuantizationProgress>
    {
        private readonly long start = clock.GetTimestamp();

        public void Report(QuantizationProgress value)
        {
            var seconds = clock.GetElapsedTime(start).TotalSeconds;
            var rate = (value.BytesDone - value.BytesSkipped) / Math.Max(seconds, 0.001);
            var left = (value.BytesTotal - value.BytesDone) / Math.Max(rate, 1);
            say(
                string.Create(
                    CultureInfo.InvariantCulture,
                    $"{100.0 * value.BytesDone / Math.Max(1, value.BytesTotal):F0} %, {rate / 1e6:F0} MB/s, {left:F0} s left"
                )
            );
        }
    }
}
