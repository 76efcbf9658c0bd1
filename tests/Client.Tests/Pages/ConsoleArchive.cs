using System.Formats.Tar;
using System.Text;

namespace OrleansTasks.Client.Tests.Pages;

/// <summary>Writes archives as the console's build does.</summary>
internal static class ConsoleArchive
{
    public static async Task Write(string path, params (string Name, string Text)[] files)
    {
        await using var stream = File.Create(path);
        await using var tar = new TarWriter(stream, TarEntryFormat.Ustar);
        foreach (var (name, text) in files)
            await tar.WriteEntryAsync(new UstarTarEntry(TarEntryType.RegularFile, name) { DataStream = new MemoryStream(Encoding.UTF8.GetBytes(text)) });
    }
}
