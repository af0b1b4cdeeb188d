namespace Loadline.Quantization;

/// <summary>What rounding did to some numbers, as sums that can be added up in any grouping but a fixed order.</summary>
internal struct ErrorSum
{
    /// <summary>Numbers that are finite before and after.</summary>
    public long Count;
    public double Signal;
    public double Noise;
    public double Product;
    public double Decoded;
    public double Largest;
    public long NotANumber;
    public long Infinite;

    /// <summary>Finite numbers that the format could only write as infinite or not at all.</summary>
    public long Overflowed;

    public void Add(ReadOnlySpan<float> before, ReadOnlySpan<float> after)
    {
        for (var i = 0; i < before.Length; i++)
        {
            var number = before[i];
            if (!float.IsFinite(number))
            {
                CountSpecial(number);
                continue;
            }
            if (!float.IsFinite(after[i]))
            {
                Overflowed++;
                continue;
            }
            double original = number;
            double rounded = after[i];
            var error = original - rounded;
            Count++;
            Signal += original * original;
            Noise += error * error;
            Product += original * rounded;
            Decoded += rounded * rounded;
            Largest = Math.Max(Largest, Math.Abs(error));
        }
    }

    /// <summary>For numbers that are written as they are.</summary>
    public void AddExact(ReadOnlySpan<float> numbers)
    {
        foreach (var number in numbers)
        {
            if (float.IsFinite(number))
                Count++;
            else
                CountSpecial(number);
        }
    }

    public void Add(in ErrorSum other)
    {
        Count += other.Count;
        Signal += other.Signal;
        Noise += other.Noise;
        Product += other.Product;
        Decoded += other.Decoded;
        Largest = Math.Max(Largest, other.Largest);
        NotANumber += other.NotANumber;
        Infinite += other.Infinite;
        Overflowed += other.Overflowed;
    }

    private void CountSpecial(float number)
    {
        if (float.IsNaN(number))
            NotANumber++;
        else
            Infinite++;
    }
}
