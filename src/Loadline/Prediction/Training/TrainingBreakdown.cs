namespace Loadline.Prediction;

/// <summary>Where the time of one optimizer step goes on one device, in seconds; the parts add up to the step.</summary>
public readonly record struct TrainingBreakdown
{
    /// <summary>Matrices, attention and what runs between them.</summary>
    public double Computation { get; init; }

    /// <summary>Waiting for the host to launch kernels.</summary>
    public double Host { get; init; }

    /// <summary>Quantized weights becoming 16 bits, once per pass.</summary>
    public double Unpacking { get; init; }

    /// <summary>Communication that computation does not hide.</summary>
    public double Communication { get; init; }

    /// <summary>Stages of a pipeline that wait for the first and for the last.</summary>
    public double Bubble { get; init; }

    /// <summary>The update of the parameters.</summary>
    public double Update { get; init; }

    public double Sum => Computation + Host + Unpacking + Communication + Bubble + Update;
}
