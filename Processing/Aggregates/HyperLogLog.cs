namespace OrleansTasks.Processing.Aggregates;

/// <summary>
/// Estimates the number of distinct hashes with a standard error of about 0.8 %. It has 2^14 registers (Flajolet and
/// others, "HyperLogLog", 2007) and uses the estimator without bias tables of Ertl, "New cardinality estimation
/// algorithms for HyperLogLog sketches", 2017. The state depends only on the set of hashes, so the order of merges does
/// not matter.
/// </summary>
internal sealed class HyperLogLog
{
    private const int Precision = 14;
    private const int Registers = 1 << Precision;
    private const int Ranks = 64 - Precision;
    private byte[] ranks = new byte[Registers];

    public void Add(ulong hash)
    {
        var register = (int)(hash >> Ranks);
        // The bit that is set below the hash bounds the count of leading zeros, and so the rank, if the rest of the
        // hash is zero.
        var rank = (byte)(BitOperations.LeadingZeroCount((hash << Precision) | (1UL << (Precision - 1))) + 1);
        if (rank > ranks[register])
            ranks[register] = rank;
    }

    public void Merge(HyperLogLog other)
    {
        for (var i = 0; i < Registers; i++)
            ranks[i] = Math.Max(ranks[i], other.ranks[i]);
    }

    public void Write(ByteWriter writer) => writer.Bytes(ranks);

    public void Read(ref ByteReader reader)
    {
        var read = reader.Bytes();
        if (read.Length != Registers || read.ContainsAnyExceptInRange((byte)0, (byte)(Ranks + 1)))
            throw new FormatException("A stored estimate has invalid registers.");
        ranks = read.ToArray();
    }

    public long Estimate()
    {
        Span<int> counts = stackalloc int[Ranks + 2];
        counts.Clear();
        foreach (var rank in ranks)
            counts[rank]++;
        const double Size = Registers;
        var z = Size * Tau(1 - (counts[Ranks + 1] / Size));
        for (var rank = Ranks; rank >= 1; rank--)
            z = 0.5 * (z + counts[rank]);
        z += Size * Sigma(counts[0] / Size);
        return (long)Math.Round(Size * Size / (2 * Math.Log(2) * z));
    }

    private static double Sigma(double x)
    {
        if (x >= 1)
            return double.PositiveInfinity;
        var (y, z, before) = (1.0, x, -1.0);
        while (z != before)
        {
            x *= x;
            before = z;
            z += x * y;
            y += y;
        }

        return z;
    }

    private static double Tau(double x)
    {
        if (x is <= 0 or >= 1)
            return 0;
        var (y, z, before) = (1.0, 1 - x, -1.0);
        while (z != before)
        {
            x = Math.Sqrt(x);
            before = z;
            y *= 0.5;
            z -= (1 - x) * (1 - x) * y;
        }

        return z / 3;
    }
}
