namespace OrleansTasks.Simulation.Worker;

/// <summary>What a simulated command writes: bytes that follow from the task, the attempt and the offset alone.</summary>
internal static class OutputPattern
{
    /// <summary>The bytes at an offset.</summary>
    public static byte[] Of(string task, int attempt, int offset, int count)
    {
        var bytes = new byte[count];
        var seed = SeedOf(task, attempt);
        for (var i = 0; i < count; i++)
            bytes[i] = At(seed, offset + i);
        return bytes;
    }

    /// <summary>Whether bytes are what the attempt writes at an offset.</summary>
    public static bool Matches(string task, int attempt, long offset, ReadOnlySpan<byte> bytes)
    {
        var seed = SeedOf(task, attempt);
        for (var i = 0; i < bytes.Length; i++)
        {
            if (bytes[i] != At(seed, offset + i))
                return false;
        }

        return true;
    }

    private static byte At(int seed, long offset) => (byte)(seed + (offset * 7) + (offset >> 8));

    private static int SeedOf(string task, int attempt)
    {
        var seed = attempt * 101;
        foreach (var letter in task)
            seed = unchecked((seed * 31) + letter);
        return seed;
    }
}
