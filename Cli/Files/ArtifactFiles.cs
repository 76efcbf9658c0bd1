using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Paths;

namespace OrleansTasks.Cli.Files;

/// <summary>Brings the files that a task left into a folder.</summary>
/// <param name="gateway">The gateway.</param>
internal sealed class ArtifactFiles(Gateway gateway)
{
    /// <summary>
    /// Brings all files of a task, each whole or not at all. Files that are there are replaced. Returns how many came, and their bytes.
    /// </summary>
    public async Task<(int Count, long Bytes)> Bring(string id, string folder, CancellationToken cancellation)
    {
        var (count, bytes) = (0, 0L);
        string? cursor = null;
        do
        {
            var page = await gateway.Get(
                $"/api/v1/tasks/{PathSegment.OfId(id)}/artifacts?limit=1000{(cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor))}",
                cancellation);
            foreach (var item in (page["items"] as JsonArray ?? []).OfType<JsonNode>())
            {
                bytes += await Bring(item, folder, cancellation);
                count++;
            }

            cursor = page.Field("nextCursor") is { Length: > 0 } next ? next : null;
        }
        while (cursor is not null);
        return (count, bytes);
    }

    private async Task<long> Bring(JsonNode item, string folder, CancellationToken cancellation)
    {
        var (path, name) = (item.Field("path"), item.Field("file"));
        // What a stranger answers must not lead out of the folder.
        if (FolderPath.FindFault(path) is not null || !FileName.TryParse(name, out var expected))
            throw Answer.Unexpected("names an artifact that cannot be one");
        var target = Path.Combine(folder, path);
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var part = $"{target}.otask-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";
        try
        {
            long bytes;
            await using (var file = new FileStream(part, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                await gateway.Copy($"/api/v1/files/{name}", file, cancellation);
                bytes = file.Length;
                file.Position = 0;
                if (FileName.Read(await SHA256.HashDataAsync(file, cancellation)) != expected)
                    throw Answer.Unexpected($"gives {TerminalText.Line(path)} with other bytes than its name says");
            }

            if (!OperatingSystem.IsWindows() && item["executable"] is JsonValue flag && flag.TryGetValue(out bool isExecutable) && isExecutable)
                File.SetUnixFileMode(part, File.GetUnixFileMode(part) | UnixFileMode.UserExecute);
            File.Move(part, target, overwrite: true);
            return bytes;
        }
        finally
        {
            File.Delete(part);
        }
    }
}
