namespace Loadline.Prediction;

/// <summary>Over how many devices a model is spread, by dimension; the product is the devices of one replica.</summary>
public readonly record struct Parallelism(int Tensor = 1, int Pipeline = 1, int Expert = 1, int Data = 1)
{
    public static Parallelism None => new(1, 1, 1, 1);

    /// <summary>Expert parallelism reuses the tensor and data ranks, so it adds no devices.</summary>
    public int Devices => Tensor * Pipeline * Data;

    /// <summary>Ranks that the experts of a layer are spread over.</summary>
    public int ExpertRanks => Expert > 1 ? Expert : Tensor;
}
