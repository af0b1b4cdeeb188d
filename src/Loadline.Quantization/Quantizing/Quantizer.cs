using System.Collections.Immutable;

namespace Loadline.Quantization;

/// <summary>Rounds the weights of a model to a smaller format, one tensor after the other, and says what that costs.</summary>
public static class Quantizer
{
    /// <summary>What would be written, without reading a weight.</summary>
    public static QuantizationReport Preview(QuantizationRequest request)
    {
        using var input = InputModel.Open(request.Model);
        OutputPlaceCheck.RefuseInput(request, input);
        var plan = PlanOf(input, request);
        return ReportOf(plan, [.. plan.Tensors.Select(tensor => tensor.Report)], written: false);
    }

    /// <param name="request">What is to be written where.</param>
    /// <param name="progress">Told after every chunk, by any thread.</param>
    /// <param name="cancellation">Stops between two chunks; what is finished is kept for a resumed run.</param>
    /// <exception cref="BadContentException">The model, the recipe or what is at the output is not fit for it.</exception>
    /// <exception cref="IOException">Something could not be read or written; the message names the file.</exception>
    public static QuantizationReport Run(
        QuantizationRequest request,
        IProgress<QuantizationProgress>? progress = null,
        CancellationToken cancellation = default
    )
    {
        using var input = InputModel.Open(request.Model);
        OutputPlaceCheck.RefuseInput(request, input);
        var plan = PlanOf(input, request);
        using var output = OutputSet.Open(plan);
        var run = new QuantizationRun(plan, output.Files, output.Journal, output.Finished, progress, cancellation);
        var errors = run.Execute();
        output.Publish();
        return ReportOf(plan, [.. plan.Tensors.Select((tensor, i) => tensor.Report.With(errors[i]))], written: true);
    }

    private static QuantizationPlan PlanOf(InputModel input, QuantizationRequest request)
    {
        if (Recipes.IsGguf(request.Format))
            return new GgufPlanner(input, request).Plan();
        return input.IsGguf
            ? throw new BadContentException(
                request.Model,
                "",
                $"a GGUF file to become {request.Format}",
                "a GGUF format"
            )
            : new SafetensorsPlanner(input, request).Plan();
    }

    private static QuantizationReport ReportOf(
        QuantizationPlan plan,
        ImmutableArray<TensorReport> tensors,
        bool written
    ) =>
        new()
        {
            Model = plan.Request.Model,
            Format = plan.Request.Format,
            Method = plan.Request.Method,
            Output = plan.IsFolder ? plan.Request.Output : plan.Files[0].Path,
            Written = written,
            BytesIn = plan.BytesIn,
            BytesOut = plan.BytesOut,
            Files = [.. plan.Files.Select(file => new WrittenFile(Path.GetFileName(file.Path), file.Length))],
            Tensors = tensors,
            Notes = plan.Notes,
        };
}
