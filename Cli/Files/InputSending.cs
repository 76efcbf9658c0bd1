using System.Security.Cryptography;
using System.Text.Json.Nodes;
using OrleansTasks.Cli.Api;
using OrleansTasks.Cli.Output;
using OrleansTasks.Processing.Files;

namespace OrleansTasks.Cli.Files;

/// <summary>
/// Stores files of this machine in the service, each once. What the service has already is not sent again.
/// </summary>
/// <param name="gateway">The gateway.</param>
/// <param name="errors">Shows how far a long transfer is.</param>
/// <param name="isQuiet">Whether it does not.</param>
internal sealed class InputSending(Gateway gateway, TextWriter errors, bool isQuiet = false)
{
    private const int MostAsked = 10_000;
    private const int AtATime = 4;

    private readonly Dictionary<string, FileName> stored = new(StringComparer.Ordinal);

    /// <summary>
    /// Stores inputs, which may have been stored before, and returns the entries of <c>files</c> for each list of them.
    /// Throws <see cref="RefusedException"/> if the service does not take them.
    /// </summary>
    public async Task<IReadOnlyList<JsonArray>> Store(
        IReadOnlyList<IReadOnlyList<LocalInput>> lists, CancellationToken cancellation)
    {
        var fresh = new Dictionary<string, FileName>(StringComparer.Ordinal);
        var paths = lists.SelectMany(static list => list).Select(static input => input.Path);
        foreach (var path in paths.Distinct(StringComparer.Ordinal))
        {
            if (!stored.ContainsKey(path))
                fresh[path] = await HashOf(path, cancellation);
        }

        using (var bar = TransferBar.On(errors, "sending", isQuiet))
        {
            foreach (var asked in fresh.GroupBy(static one => one.Value, static one => one.Key).Chunk(MostAsked))
                await Send(asked.ToDictionary(static one => one.Key, static one => one.First()), bar, cancellation);
        }

        foreach (var (path, name) in fresh)
            stored[path] = name;
        return [.. lists.Select(list => new JsonArray([.. list.Select(JsonNode? (input) => new JsonObject
        {
            ["path"] = input.Name, ["file"] = stored[input.Path].ToString(), ["executable"] = IsExecutable(input.Path),
        })]))];
    }

    /// <summary>Stores a file, and returns its name.</summary>
    public async Task<FileName> Store(string path, CancellationToken cancellation)
    {
        var name = await HashOf(path, cancellation);
        using var bar = TransferBar.On(errors, "sending", isQuiet);
        await Send(path, name, bar, cancellation);
        return name;
    }

    private async Task Send(Dictionary<FileName, string> paths, TransferBar bar, CancellationToken cancellation)
    {
        var names = new JsonArray([.. paths.Keys.Select(static JsonNode? (name) => name.ToString())]);
        var body = new JsonObject { ["files"] = names };
        var answer = await gateway.Post("/api/v1/files/missing", body, null, cancellation);
        var missing = (answer["missing"] as JsonArray ?? [])
            .Select(static name => FileName.Parse(JsonText.Text(name))).ToArray();
        await Parallel.ForEachAsync(
            missing, new ParallelOptions { MaxDegreeOfParallelism = AtATime, CancellationToken = cancellation },
            async (name, stop) => await Send(paths[name], name, bar, stop));
    }

    private async Task Send(string path, FileName name, TransferBar bar, CancellationToken cancellation)
    {
        await using var content = File.OpenRead(path);
        bar.Expect(content.Length);
        using var body = new StreamContent(new CountedStream(content, bar));
        await gateway.PutContent($"/api/v1/files/{name}", body, cancellation);
    }

    private static async Task<FileName> HashOf(string path, CancellationToken cancellation)
    {
        await using var content = File.OpenRead(path);
        return FileName.Read(await SHA256.HashDataAsync(content, cancellation));
    }

    private static bool IsExecutable(string path) =>
        !OperatingSystem.IsWindows() && (File.GetUnixFileMode(path) & UnixFileMode.UserExecute) != 0;
}
