namespace OrleansTasks.Cli;

/// <summary>Reads files whose text an option sends.</summary>
internal static class TextFile
{
    /// <summary>
    /// Returns the text of a file, or of standard input for <c>-</c>. Throws <see cref="UsageException"/>.
    /// </summary>
    public static string Read(string option, string file)
    {
        try
        {
            return file == "-" ? Console.In.ReadToEnd() : File.ReadAllText(file);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or ArgumentException)
        {
            throw new UsageException($"{option}: cannot read '{file}': {e.Message}");
        }
    }
}
