using System.Globalization;
using System.Text;
using OrleansTasks.Fuzz.Tests.Fuzzing;
using IoPath = System.IO.Path;

namespace OrleansTasks.Fuzz.Tests.Files;

/// <summary>One thing that happens to a data folder, as a line: <c>PROGRAM PATH KIND SHARE</c>.</summary>
/// <param name="Program">Whose folder: <c>service</c> or <c>worker</c>.</param>
/// <param name="Path">The file in the folder.</param>
/// <param name="Kind">What happens to the file.</param>
/// <param name="Share">Where in the file, from 0 to 1; also decides other choices.</param>
internal sealed record Damage(string Program, string Path, string Kind, double Share)
{
    private const int Block = 512;

    /// <summary>All kinds.</summary>
    public static readonly string[] Kinds =
        ["cut", "flip", "zero", "append", "empty", "text", "other", "directory", "link", "dangling", "loop",
            "duplicate", "remove", "huge-line", "not-utf8"];

    /// <summary>Reads a line.</summary>
    public static Damage Parse(ReadOnlySpan<byte> line)
    {
        var words = Encoding.UTF8.GetString(line).Trim().Split(' ');
        return new Damage(words[0], words[1], words[2], double.Parse(words[3], CultureInfo.InvariantCulture));
    }

    /// <summary>The line.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Program} {Path} {Kind} {Share:F6}");

    /// <summary>Does it.</summary>
    /// <param name="folder">The data folder.</param>
    /// <param name="outside">A folder beside it, for the targets of links.</param>
    public void Apply(string folder, string outside)
    {
        var path = IoPath.Combine(folder, Path);
        if (Directory.Exists(path))
            ApplyToFolder(path, outside);
        else
            ApplyToFile(path, folder, outside);
    }

    private void ApplyToFolder(string path, string outside)
    {
        var moved = IoPath.Combine(outside, "moved");
        Directory.Move(path, moved);
        if (Kind is "link")
            Directory.CreateSymbolicLink(path, moved);
        else if (Kind is "dangling" or "loop")
            File.CreateSymbolicLink(path, Kind == "loop" ? path : IoPath.Combine(outside, "nowhere"));
        else if (Kind is "directory")
            Directory.CreateDirectory(path);
        else if (Kind is not "remove")
            File.WriteAllText(path, "not a folder");
    }

    private void ApplyToFile(string path, string folder, string outside)
    {
        var bytes = File.ReadAllBytes(path);
        var at = (int)(Share * bytes.Length);
        switch (Kind)
        {
            case "cut": File.WriteAllBytes(path, bytes[..at]); break;
            case "flip": File.WriteAllBytes(path, Flipped(bytes, at)); break;
            case "zero": bytes.AsSpan(at, Math.Min(Block, bytes.Length - at))
                .Clear(); File.WriteAllBytes(path, bytes); break;
            case "append": File.AppendAllText(path,
                string.Concat(Enumerable.Repeat("garbage\n\0\u00ff", 1 + (int)(Share * 50)))); break;
            case "empty": File.WriteAllBytes(path, []); break;
            case "text": File.WriteAllText(path, "This is a letter to my aunt.\n"); break;
            case "other": File.Copy(Other(folder, path), path, overwrite: true); break;
            case "directory": File.Delete(path); Directory.CreateDirectory(path); break;
            case "link": Link(path, IoPath.Combine(outside, "target"), bytes); break;
            case "dangling": File.Delete(path); File.CreateSymbolicLink(path,
                IoPath.Combine(outside, "nowhere")); break;
            case "loop": File.Delete(path); File.CreateSymbolicLink(path, path); break;
            case "duplicate": File.Copy(path, path + ".copy"); break;
            case "remove": File.Delete(path); break;
            case "huge-line": File.WriteAllText(path, new string('9', 2_000_000)); break;
            case "not-utf8": File.WriteAllBytes(path, [0xff, 0xfe, 0x00, 0xd8, 0xc0, 0x80, (byte)'\n']); break;
            default: throw new InvalidOperationException($"There is no damage '{Kind}'.");
        }
    }

    private byte[] Flipped(byte[] bytes, int at)
    {
        if (bytes.Length > 0)
            bytes[Math.Min(at, bytes.Length - 1)] ^= (byte)(1 << (int)(Share * 1e6 % 8));
        return bytes;
    }

    private static void Link(string path, string target, byte[] bytes)
    {
        File.WriteAllBytes(target, bytes);
        File.Delete(path);
        File.CreateSymbolicLink(path, target);
    }

    /// <summary>Another file of the folder, so that a real file stands where it does not belong.</summary>
    private string Other(string folder, string path)
    {
        var others = Directory.GetFiles(folder, "*", SearchOption.AllDirectories).Where(other => other != path)
            .Order(StringComparer.Ordinal).ToArray();
        return others[(int)(Share * others.Length) % others.Length];
    }

    /// <summary>Draws damage to one of the files of a folder.</summary>
    public static Damage Draw(Random random, string program, IReadOnlyList<string> files) =>
        new(program, random.Pick(files), random.Pick(Kinds), Math.Round(random.NextDouble(), 6));
}
