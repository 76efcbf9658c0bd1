using System.Globalization;
using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Streams;
using OrleansTasks.Processing.Files;
using OrleansTasks.Processing.Paths;

namespace OrleansTasks.Cli.Files;

/// <summary>Finds the files that a task, workflow or job left, and brings them into a folder.</summary>
/// <param name="gateway">The gateway.</param>
/// <param name="errors">Shows how far a long transfer is.</param>
/// <param name="isQuiet">Whether it does not.</param>
internal sealed class ArtifactFiles(Gateway gateway, TextWriter errors, bool isQuiet = false)
{
    // What can leave files. An id does not say which of them it names.
    private static readonly string[] Owners = ["tasks", "workflows", "jobs"];

    /// <summary>
    /// Returns what <paramref name="read"/> returns for the list of files that a task, workflow or job left.
    /// </summary>
    /// <param name="id">The id of the task, workflow or job.</param>
    /// <param name="read">Reads the list at an address.</param>
    public static async Task<T> Of<T>(string id, Func<string, Task<T>> read)
    {
        var segment = PathSegment.OfId(id);
        var problem = new JsonObject();
        foreach (var owner in Owners)
        {
            try
            {
                return await read($"/api/v1/{owner}/{segment}/artifacts");
            }
            catch (RefusedException refusal) when (refusal.Document?["code"] is JsonValue code && code.ToString() == "not-found")
            {
                problem = refusal.Document.DeepClone().AsObject();
            }
        }

        const string Absent = "No task, workflow or job has this id. The service deletes ended ones after the retention time.";
        problem["detail"] = Absent;
        throw new RefusedException(Absent, 404, problem);
    }

    /// <summary>
    /// Brings all files that a task, workflow or job left, each whole or not at all, and replaces existing files. Those
    /// of a workflow are in a folder for each node, and in it for each item. Returns the number of files and their
    /// bytes. Throws <see cref="OutputLostException"/> if a file cannot be written.
    /// </summary>
    public Task<(int Count, long Bytes)> Bring(string id, string folder, CancellationToken cancellation) =>
        Of(id, address => BringAll(address, folder, cancellation));

    private async Task<(int Count, long Bytes)> BringAll(string address, string folder, CancellationToken cancellation)
    {
        var (count, bytes) = (0, 0L);
        using var bar = TransferBar.On(errors, "receiving", isQuiet);
        string? cursor = null;
        do
        {
            var from = cursor is null ? "" : "&cursor=" + Uri.EscapeDataString(cursor);
            var page = await gateway.Get($"{address}?limit=1000{from}", cancellation);
            if (cursor is null)
                bar.Expect(page.Whole("totalBytes"));
            foreach (var item in (page["items"] as JsonArray ?? []).OfType<JsonNode>())
            {
                bytes += await Bring(item, folder, bar, cancellation);
                count++;
            }

            cursor = page.Field("nextCursor") is { Length: > 0 } next ? next : null;
        }
        while (cursor is not null);
        return (count, bytes);
    }

    // The node and the item of a workflow's file.
    private static IEnumerable<string> FoldersOf(JsonNode item) =>
        ((string[])[item.Field("node"), item.Field("item")]).Where(static name => name.Length > 0);

    private async Task<long> Bring(JsonNode item, string folder, TransferBar bar, CancellationToken cancellation)
    {
        var (path, name) = (string.Join('/', [.. FoldersOf(item), item.Field("path")]), item.Field("file"));
        // What a stranger answers must not lead out of the folder.
        if (FolderPath.FindFault(path) is not null || !FileName.TryParse(name, out var expected))
            throw Answer.Unexpected("names an artifact that cannot be one");
        var target = Path.Combine(folder, path);
        try
        {
            var isExecutable = item["executable"] is JsonValue flag && flag.TryGetValue(out bool value) && value;
            return await Bring(name, expected, target, isExecutable, bar, cancellation);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // The gateway's client reports a lost connection as an HttpRequestException.
            throw OutputLostException.OfFile(target, failure.Message);
        }
    }

    private async Task<long> Bring(
        string name, FileName expected, string target, bool isExecutable, TransferBar bar,
        CancellationToken cancellation)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(target)!);
        var part = $"{target}.otask-{Environment.ProcessId.ToString(CultureInfo.InvariantCulture)}";
        try
        {
            long bytes;
            await using (var file = new FileStream(part, FileMode.CreateNew, FileAccess.ReadWrite))
            {
                await gateway.Copy(
                    $"/api/v1/files/{name}", new CountedStream(new PartStream(file, target), bar), cancellation);
                bytes = file.Length;
                file.Position = 0;
                if (FileName.Read(await SHA256.HashDataAsync(file, cancellation)) != expected)
                    throw Answer.Unexpected($"gives {TerminalText.Line(target)} with other bytes than its name says");
            }

            if (!OperatingSystem.IsWindows() && isExecutable)
                File.SetUnixFileMode(part, File.GetUnixFileMode(part) | UnixFileMode.UserExecute);
            File.Move(part, target, overwrite: true);
            return bytes;
        }
        finally
        {
            File.Delete(part);
        }
    }

    // Reports a failed write as an OutputLostException. The HTTP client would turn an IOException into the exception of
    // a lost connection.
    private sealed class PartStream(FileStream file, string target) : WriteOnlyStream
    {
        public override void Write(ReadOnlySpan<byte> buffer)
        {
            try
            {
                file.Write(buffer);
            }
            catch (IOException failure)
            {
                throw OutputLostException.OfFile(target, failure.Message);
            }
        }
    }
}
