using System.Security.Cryptography;
using OrleansTasks.ApiClient.Json;
using OrleansTasks.ApiClient.Transport;

namespace OrleansTasks.ApiClient;

/// <summary>
/// Stores and reads files. A file is immutable. Its name is <c>sha256:</c> and the 64 hexadecimal digits of its hash.
/// </summary>
public sealed class FileCalls
{
    private const string Root = "/api/v1/files";
    private const int MostNames = 10_000;
    private readonly Gateway gateway;

    internal FileCalls(Gateway gateway) => this.gateway = gateway;

    /// <summary>Stores bytes and returns their name. Bytes that the service has are not sent again.</summary>
    /// <param name="content">
    /// The bytes from the stream's position on. The stream must be able to seek; it stays open.
    /// </param>
    /// <param name="cancellation">Cancels the call. A file is stored whole or not at all.</param>
    public async Task<string> PutAsync(Stream content, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(content);
        if (!content.CanSeek)
        {
            throw new ArgumentException(
                "The stream cannot seek, but is read several times. Pass a file or a memory stream.", nameof(content));
        }

        var start = content.Position;
        var name = NameOf(await SHA256.HashDataAsync(content, cancellation).ConfigureAwait(false));
        if ((await MissingAsync([name], cancellation).ConfigureAwait(false)).Count > 0)
            await gateway.StoreAsync($"{Root}/{name}", content, start, cancellation).ConfigureAwait(false);
        return name;
    }

    /// <summary>Stores a file of this machine and returns its name.</summary>
    public async Task<string> PutFileAsync(string path, CancellationToken cancellation = default)
    {
        var file = File.OpenRead(path);
        await using (file.ConfigureAwait(false))
            return await PutAsync(file, cancellation).ConfigureAwait(false);
    }

    /// <summary>Returns which of these files are not stored, in their order.</summary>
    public async Task<IReadOnlyList<string>> MissingAsync(
        IEnumerable<string> files, CancellationToken cancellation = default)
    {
        var missing = new List<string>();
        foreach (var asked in files.Chunk(MostNames))
        {
            var answer = await gateway.AskAsync(
                Root + "/missing", new FileNames(asked), ApiJson.Default.FileNames, ApiJson.Default.MissingFiles, cancellation)
                .ConfigureAwait(false);
            missing.AddRange(answer.Missing);
        }

        return missing;
    }

    /// <summary>Opens a stored file.</summary>
    /// <param name="file">The name.</param>
    /// <param name="offset">The number of bytes to leave out.</param>
    /// <param name="cancellation">Cancels the call.</param>
    public Task<Stream> OpenAsync(string file, long offset = 0, CancellationToken cancellation = default) =>
        gateway.OpenAsync($"{Root}/{PathSegment.Of(file)}", offset, cancellation);

    /// <summary>Lists the stored files. Needs the scope <c>operate</c>.</summary>
    /// <param name="largestFirst">Whether the largest come first; otherwise the oldest do.</param>
    /// <param name="pageSize">The number of files of one request, 1 to 1,000.</param>
    /// <param name="cancellation">Ends the list.</param>
    public IAsyncEnumerable<StoredFile> ListAsync(
        bool largestFirst = false, int pageSize = 200, CancellationToken cancellation = default) =>
        gateway.ListAsync(
            () => new Query(Root).Add("sort", largestFirst ? "size" : null), pageSize, ApiJson.Default.PageStoredFile,
            cancellation);

    private static string NameOf(byte[] hash) => "sha256:" + Convert.ToHexStringLower(hash);
}
