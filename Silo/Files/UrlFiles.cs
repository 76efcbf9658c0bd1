using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Security.Authentication;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Silo.Webhooks;
using OrleansTasks.Storage.Files;

namespace OrleansTasks.Silo.Files;

/// <summary>
/// Downloads files that tasks name by address and hash, and stores them. Connections are bounded as those of webhooks are, also after
/// redirects. An attempt waits until its files are there, so it asks again and again; nothing else waits.
/// </summary>
/// <param name="depot">Stores files.</param>
/// <param name="rule">Decides to which addresses connections may be made.</param>
/// <param name="time">The clock that bounds waits.</param>
/// <param name="resolve">Resolves a name; null for the system's resolver.</param>
internal sealed class UrlFiles(
    FileDepot depot, TargetRule rule, TimeProvider time, Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null) : IDisposable
{
    private const int MostRedirects = 5;
    private const int MostRemembered = 1_000;
    private const int AtOnce = 4;
    private const int BlockBytes = 256 << 10;

    /// <summary>How long no byte may arrive.</summary>
    private static readonly TimeSpan Silence = TimeSpan.FromSeconds(60);

    private static readonly TimeSpan ConnectTimeout = TimeSpan.FromSeconds(8);
    private readonly ConcurrentDictionary<(string Url, FileName Hash), Lazy<Task<string?>>> downloads = new();
    private readonly SemaphoreSlim turns = new(AtOnce);
    private readonly CancellationTokenSource stop = new();
    private readonly HttpMessageInvoker client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseProxy = false,
        UseCookies = false,
        ActivityHeadersPropagator = null,
        ConnectTimeout = ConnectTimeout,
        ConnectCallback = (context, cancellation) => new TargetConnections(rule, resolve, time).Connect(context.DnsEndPoint, cancellation),
    });

    /// <summary>
    /// Asks for a file that is not stored. Returns false while it is being downloaded. Afterwards returns true once, and in
    /// <paramref name="fault"/> why it cannot be had, as a sentence; null if it is stored now. Then asks anew.
    /// </summary>
    internal bool TryFinish(string url, FileName hash, out string? fault)
    {
        fault = null;
        if (downloads.Count >= MostRemembered)
        {
            // Those for whose end nobody has asked: their tasks were cancelled.
            foreach (var ended in downloads.Where(static one => one.Value is { IsValueCreated: true, Value.IsCompleted: true }))
                downloads.TryRemove(ended);
        }

        var key = (url, hash);
        var download = downloads.GetOrAdd(key, one => new(() => Download(one.Url, one.Hash))).Value;
        if (!download.IsCompleted)
            return false;
        downloads.TryRemove(key, out _);
        fault = download.Result;
        return true;
    }

    /// <summary>Ends all downloads.</summary>
    public void Dispose()
    {
        stop.Cancel();
        client.Dispose();
        turns.Dispose();
        stop.Dispose();
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever fails, only this file cannot be had.")]
    private async Task<string?> Download(string url, FileName hash)
    {
        try
        {
            await turns.WaitAsync(stop.Token);
            try
            {
                return await Fetch(new Uri(url), hash) is { } fault ? $"{url} {fault}." : null;
            }
            finally
            {
                turns.Release();
            }
        }
        catch (Exception failure)
        {
            return $"{url} cannot be fetched: {FaultOf(failure)}";
        }
    }

    private async Task<string?> Fetch(Uri url, FileName hash)
    {
        for (var hops = 0; ; hops++)
        {
            if (rule.RefusalOf(url) is { } refusal)
                return refusal;
            using var silent = CancellationTokenSource.CreateLinkedTokenSource(stop.Token);
            using var timer = time.CreateTimer(static source => ((CancellationTokenSource)source!).Cancel(), silent, Silence, Timeout.InfiniteTimeSpan);
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("OrleansTasks", null));
            using var answer = await client.SendAsync(request, silent.Token);
            if ((int)answer.StatusCode is >= 300 and < 400 && answer.Headers.Location is { } location)
            {
                var next = new Uri(url, location);
                if (hops == MostRedirects)
                    return $"redirects more than {MostRedirects} times";
                if (next.Scheme != Uri.UriSchemeHttps && next.Scheme != url.Scheme)
                    return $"redirects to {next.Scheme}, which is not https";
                url = next;
                continue;
            }

            if (answer.StatusCode != HttpStatusCode.OK)
                return $"answers {(int)answer.StatusCode}";
            return await Take(await answer.Content.ReadAsStreamAsync(silent.Token), hash, () => timer.Change(Silence, Timeout.InfiniteTimeSpan), silent.Token);
        }
    }

    private async Task<string?> Take(Stream content, FileName hash, Action arrived, CancellationToken cancellation)
    {
        await using var upload = await depot.Begin();
        var block = new byte[BlockBytes];
        while (await content.ReadAsync(block, cancellation) is > 0 and var count)
        {
            arrived();
            if (upload.Bytes + count > ServiceLimits.FileBytes)
                return $"has more than {ServiceLimits.FileBytes} bytes";
            await upload.Write(block.AsMemory(0, count));
        }

        if (upload.Seal().Name is var found && found != hash)
            return $"has other bytes than expected: they are {found}";
        await depot.Store([upload]);
        return null;
    }

    private static string FaultOf(Exception failure) => failure switch
    {
        HttpRequestException { InnerException: RefusedTargetException refused } => refused.Message,
        HttpRequestException { InnerException: AuthenticationException tls } => $"TLS failed: {tls.Message}",
        HttpRequestException { InnerException: SocketException socket } => $"No connection: {socket.Message}.",
        FileStoreFullException full => full.Message,
        OperationCanceledException => $"Nothing arrived for {Silence.TotalSeconds:0} s.",
        _ => failure.Message,
    };
}
