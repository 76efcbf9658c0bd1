using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Agent;

/// <summary>
/// The name of a worker's data folder: 32 hexadecimal digits in its file <c>instance</c>, created once.
/// </summary>
internal static class InstanceFile
{
    private const int Length = 32;
    private const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Reads the folder's name, or creates one.</summary>
    /// <exception cref="IOException">The folder cannot be written.</exception>
    [SuppressMessage("Interoperability", "CA1416", Justification = "Workers run on Linux.")]
    internal static string ReadOrCreate(string folder)
    {
        var path = Path.Combine(folder, "instance");
        if (File.Exists(path) && File.ReadAllText(path).Trim() is { Length: Length } known)
        {
            File.SetUnixFileMode(path, OwnersAlone);
            return known;
        }

        var made = RandomNumberGenerator.GetHexString(Length, lowercase: true);
        WholeFile.Write(path, made + "\n");
        return made;
    }
}
