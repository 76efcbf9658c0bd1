namespace OrleansTasks.Cli.Streams;

/// <summary>The process's standard input.</summary>
internal static class StandardInput
{
    private static bool isClosed;

    /// <summary>Finds out whether there is a standard input, before something else takes its number.</summary>
    public static void Look() => isClosed = StandardDescriptors.WasClosed(StandardDescriptors.Input);

    /// <summary>Opens standard input. Throws <see cref="IOException"/> if the process has none.</summary>
    public static Stream Open() =>
        isClosed ? throw new IOException("Standard input is closed.") : Console.OpenStandardInput();
}
