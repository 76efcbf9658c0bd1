using System.Diagnostics.CodeAnalysis;
using System.Security.Cryptography;
using System.Text;

namespace OrleansTasks.Worker.Agent;

/// <summary>The name of a worker's data folder: 32 hexadecimal digits in its file <c>instance</c>, made once.</summary>
internal static class InstanceFile
{
    private const int Length = 32;
    private const UnixFileMode OwnersAlone = UnixFileMode.UserRead | UnixFileMode.UserWrite;

    /// <summary>Reads the folder's name, or gives it one.</summary>
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
        var temporary = path + ".new";
        using (var file = new FileStream(temporary, new FileStreamOptions
        {
            Mode = FileMode.Create, Access = FileAccess.Write, UnixCreateMode = OwnersAlone,
        }))
        {
            file.Write(Encoding.ASCII.GetBytes(made + "\n"));
            file.Flush(flushToDisk: true);
        }

        File.Move(temporary, path, overwrite: true);
        return made;
    }
}
