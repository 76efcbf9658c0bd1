using System.Runtime.InteropServices;

namespace OrleansTasks.Cli.Stores;

/// <summary>
/// Turns this process into the program otask-store, which does the same commands and can open stores. The process keeps its id, streams,
/// terminal and environment, so its caller notices nothing.
/// </summary>
internal static partial class StoreProgram
{
    private const string Name = "otask-store";

    /// <summary>Does not return, unless it throws <see cref="StoreFailedException"/>.</summary>
    public static IStoreWork Become()
    {
        // otask's own folder, and for a .NET tool the folder of the tools' commands.
        string?[] folders = [AppContext.BaseDirectory, Path.GetDirectoryName(Environment.ProcessPath)];
        var path = folders.OfType<string>().Select(static folder => Path.Combine(folder, Name)).FirstOrDefault(File.Exists)
            ?? throw new StoreFailedException(
                $"this command works in the service's store, for which otask needs the program {Name} in its folder. The Debian packages, the "
                + $"service's archive and the image have both; for the .NET tool: dotnet tool install {Name}. With --url, otask makes keys and "
                + "join tokens through a gateway.");
        // Arguments that are not UTF-8 are refused before any command runs (RawArguments).
        _ = execv(path, [path, .. Environment.GetCommandLineArgs().Skip(1), null]);
        throw new StoreFailedException($"{path} cannot be started: {Marshal.GetLastPInvokeErrorMessage()}");
    }

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int execv(string path, string?[] arguments);
}
