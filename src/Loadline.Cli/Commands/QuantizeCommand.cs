using System.CommandLine;
using System.Globalization;
using Loadline.Cli.Rendering;
using Loadline.Models;
using Loadline.Quantization;
using Loadline.Quantization.Evaluation;

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
        var options = new QuantizeOptions();
        var measuring = new EvaluateOptions();
        var answer = new Answer("--output-file");
        var command = new Command("quantize", "Round the weights of a model to a smaller format and measure the error");
        command.Arguments.Add(model);
        options.AddTo(command);
        measuring.AddTo(command);
        answer.AddTo(command);
        command.SetAction(parsed =>
        {
            var name = parsed.GetRequiredValue(model);
            var path = FindModel(name, surroundings);
            measuring.RefuseInputs(parsed, path);
            if (measuring.AsksForMantissa(parsed))
                EvaluateRun.Mantissa(parsed, surroundings, measuring, options, path, answer);
            else if (measuring.FormatsOf(parsed) is { Count: > 0 } formats)
                EvaluateRun.Compare(parsed, surroundings, measuring, options, (name, path), formats, answer);
            else
                Write(parsed, surroundings, measuring, options, (name, path), answer);
            return ExitCodes.Yes;
        });
        return command;
    }

    private static void Write(
        ParseResult parsed,
        Surroundings surroundings,
        EvaluateOptions measuring,
        QuantizeOptions options,
        (string Name, string Path) model,
        Answer answer
    )
    {
        var request = options.Read(parsed, model.Path);
        measuring.RefuseWithoutComparison(parsed);
        var evaluation = measuring.Read(parsed, model.Path, request.Threads);
        var report = options.IsDryRun(parsed)
            ? Quantizer.Preview(request)
            : Progress.Run(
                surroundings,
                $"quantizing {model.Name}",
                say =>
                {
                    request = request with { Importance = measuring.ImportanceOf(parsed, model.Path, request.Threads) };
                    var written = Run(request, say, surroundings);
                    if (evaluation is null)
                        return written;
                    say("reading the text");
                    using var session = EvaluationSession.Open(evaluation);
                    return written with
                    {
                        Evaluation = session.Compare(written.Output, surroundings.Clock, surroundings.Interrupt),
                        Notes = [.. written.Notes, .. session.Notes],
                    };
                }
            );
        if (report.Evaluation is { } result)
            measuring.Save(parsed, surroundings, model.Name, [(report.Format, report.Method, result)]);
        answer.Print(
            parsed,
            surroundings,
            report,
            AnswerJson.Default.QuantizationReport,
            (page, value) => QuantizePage.Render(page, value, options.ShowsTensors(parsed))
        );
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
