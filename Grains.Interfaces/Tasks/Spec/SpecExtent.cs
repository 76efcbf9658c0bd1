namespace OrleansTasks.Tasks.Spec;

/// <summary>Where a spec and its secrets stand in the bytes they were read from.</summary>
/// <param name="Start">The first byte of the object.</param>
/// <param name="End">The byte after it.</param>
/// <param name="SecretName">The first byte of the name <c>secretEnv</c>; 0 when there is none.</param>
/// <param name="SecretStart">The first byte of its value.</param>
/// <param name="SecretEnd">The byte after its value.</param>
public readonly record struct SpecExtent(int Start, int End, int SecretName, int SecretStart, int SecretEnd)
{
    /// <summary>A copy of the spec as it was submitted, without <c>secretEnv</c>.</summary>
    public byte[] CopySpec(ReadOnlySpan<byte> document)
    {
        if (SecretName == 0)
            return document[Start..End].ToArray();
        var before = document[Start..SecretName];
        var after = document[SecretEnd..End];
        var next = after.IndexOfAnyExcept(" \t\r\n"u8);
        if (after[next] == (byte)',')
            after = after[(next + 1)..];
        else if (before.TrimEnd(" \t\r\n"u8) is [.., (byte)',' ] trimmed)
            before = trimmed[..^1];
        var spec = new byte[before.Length + after.Length];
        before.CopyTo(spec);
        after.CopyTo(spec.AsSpan(before.Length));
        return spec;
    }

    /// <summary>A copy of the value of <c>secretEnv</c>; empty when there is none.</summary>
    public byte[] CopySecrets(ReadOnlySpan<byte> document) => document[SecretStart..SecretEnd].ToArray();
}
