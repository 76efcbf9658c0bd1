namespace OrleansTasks.Simulation.Engine;

/// <summary>Hashes that are the same in every process, as those of strings and records are not.</summary>
internal static class StableHash
{
    private const ulong Start = 0xcbf29ce484222325;
    private const ulong Prime = 0x100000001b3;

    /// <summary>FNV-1a over the characters.</summary>
    internal static ulong Of(ReadOnlySpan<char> text)
    {
        var hash = Start;
        foreach (var c in text) hash = (hash ^ c) * Prime;
        return hash;
    }

    /// <summary>Takes a value into a rolling hash.</summary>
    internal static ulong Mix(ulong hash, ulong value)
    {
        hash ^= value * 0x9e3779b97f4a7c15;
        return (ulong.RotateLeft(hash, 27) * 0x3c79ac492ba7b653) + 0x1c69b3f74ac4ae35;
    }
}
