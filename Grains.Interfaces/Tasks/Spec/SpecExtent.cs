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
        var (from, to) = SecretRange(document);
        return [.. document[Start..from], .. document[to..End]];
    }

    /// <summary>
    /// What to leave out of the document so that it is the same without <c>secretEnv</c>: the field with one comma; an
    /// empty range when there is none.
    /// </summary>
    public (int From, int To) SecretRange(ReadOnlySpan<byte> document)
    {
        if (SecretName == 0)
            return default;
        var next = SecretEnd + document[SecretEnd..End].IndexOfAnyExcept(" \t\r\n"u8);
        if (document[next] == (byte)',')
            return (SecretName, next + 1);
        return document[Start..SecretName].TrimEnd(" \t\r\n"u8) is [.., (byte)',' ] before
            ? (Start + before.Length - 1, SecretEnd)
            : (SecretName, SecretEnd);
    }

    /// <summary>A copy of the value of <c>secretEnv</c>; empty when there is none.</summary>
    public byte[] CopySecrets(ReadOnlySpan<byte> document) => document[SecretStart..SecretEnd].ToArray();
}
