namespace OrleansTasks.Cli.Streams;

/// <summary>
/// Output cannot be written. Not an <see cref="IOException"/>, which would count as a lost connection and be retried.
/// </summary>
/// <param name="notice">What the user is told; null for nothing.</param>
/// <param name="isReaderGone">Whether the output is a pipe that nobody reads any more.</param>
internal sealed class OutputLostException(string? notice, bool isReaderGone)
    : Exception(notice ?? "Nobody reads the output any more.")
{
    /// <summary>What the user is told; null for nothing.</summary>
    public string? Notice => notice;

    /// <summary>Whether the output is a pipe that nobody reads any more.</summary>
    public bool IsReaderGone => isReaderGone;

    /// <summary>Creates one for a pipe without a reader; the user is not told.</summary>
    public static OutputLostException OfReader() => new(null, isReaderGone: true);

    /// <summary>Creates one for a descriptor, such as a file on a full disk.</summary>
    public static OutputLostException Of(int descriptor, string why) => new(
        $"standard {(descriptor == StandardDescriptors.Errors ? "error" : "output")} cannot be written: {why}", isReaderGone: false);

    /// <summary>Creates one for a local file that receives what the gateway sends.</summary>
    public static OutputLostException OfFile(string path, string why) =>
        new($"'{path}' cannot be written: {why}", isReaderGone: false);

    /// <summary>Returns this one with a further notice, unless the user is told nothing.</summary>
    public OutputLostException With(string more) =>
        notice is null ? this : new OutputLostException($"{notice}; {more}", isReaderGone);
}
