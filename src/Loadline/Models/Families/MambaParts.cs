namespace Loadline.Models;

/// <summary>Sizes of a Mamba-2 layer. Dao and Gu, arXiv 2405.21060.</summary>
/// <param name="Heads">Heads of the state space.</param>
/// <param name="HeadSize">Channels of a head.</param>
/// <param name="StateSize">State numbers per channel.</param>
/// <param name="Groups">Groups of heads that share input and output projections of the state.</param>
/// <param name="Kernel">Tokens the short convolution looks at.</param>
internal readonly record struct MambaSizes(int Heads, int HeadSize, int StateSize, int Groups, int Kernel)
{
    public long Inner => (long)Heads * HeadSize;

    public long ConvolutionChannels => Inner + 2L * Groups * StateSize;

    public Mixer.Linear Mixer =>
        new(Heads, StateSize, HeadSize) { ShortConvolution = new Mixer.Convolution(ConvolutionChannels, Kernel) };
}

internal static class MambaParts
{
    /// <summary>One projection for gate, input, state projections and time step; convolution, state and output.</summary>
    public static void Mamba(
        this TensorList tensors,
        string prefix,
        int hidden,
        MambaSizes sizes,
        bool projectionBias,
        bool convolutionBias,
        bool gatedNorm
    )
    {
        var projected = sizes.Inner + sizes.ConvolutionChannels + sizes.Heads;
        tensors.Linear($"{prefix}.in_proj", projected, hidden, Sharding.Output, projectionBias);
        tensors.Small($"{prefix}.conv1d.weight", [sizes.ConvolutionChannels, 1, sizes.Kernel], Sharding.Output);
        if (convolutionBias)
            tensors.Bias($"{prefix}.conv1d", sizes.ConvolutionChannels, Sharding.Output);
        tensors.Small($"{prefix}.dt_bias", [sizes.Heads], Sharding.Output);
        tensors.Small($"{prefix}.A_log", [sizes.Heads], Sharding.Output);
        tensors.Small($"{prefix}.D", [sizes.Heads], Sharding.Output);
        if (gatedNorm)
            tensors.Norm($"{prefix}.norm", sizes.Inner);
        tensors.Linear($"{prefix}.out_proj", hidden, sizes.Inner, Sharding.Input, projectionBias);
    }
}
