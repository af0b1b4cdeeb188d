namespace Loadline.Prediction;

/// <summary>Over how many devices a model is spread, by dimension; the product is the devices of one replica.</summary>
/// <param name="Tensor">Ranks that share every dense matrix and the attention heads.</param>
/// <param name="Pipeline">Groups of consecutive layers.</param>
/// <param name="Expert">
/// Groups that whole experts are dealt to; it reuses the tensor and data ranks, so it adds no devices. The ranks of one
/// group split each of its experts.
/// </param>
/// <param name="Data">Copies of the attention, each with sequences of its own, around one set of experts.</param>
public readonly record struct Parallelism(int Tensor = 1, int Pipeline = 1, int Expert = 1, int Data = 1)
{
    public static Parallelism None => new(1, 1, 1, 1);

    public int Devices => Tensor * Pipeline * Data;

    /// <summary>Ranks that the experts of a layer are spread over, by whole experts, by their matrices or by both.</summary>
    public int ExpertRanks => Tensor * Data;

    /// <summary>Ranks that share the matrices of one expert.</summary>
    public int RanksPerExpert => ExpertRanks / Expert;
}
