using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Http.Headers;
using OrleansTasks.Files;
using OrleansTasks.Processing.Files;
using OrleansTasks.Silo.Webhooks;

namespace OrleansTasks.Silo.Files;

/// <summary>
/// Downloads files that tasks name by address and hash, and stores them. Each connection, also one after a redirect,
/// leads to an address to which webhooks may be sent. An attempt asks for its files again and again until they are
/// there. A download stops when no attempt asks for it any more, for instance because its task was cancelled.
/// </summary>
public sealed class UrlFiles : IDisposable
{
    private const int MostRedirects = 5;
    private const int MostRemembered = 1_000;
    private const int AtOnce = 16;
    private const int OfOneServer = 4;
    private const int BlockBytes = 256 << 10;

    /// <summary>How long a block may take to arrive.</summary>
    private static readonly TimeSpan BlockTimeout = TimeSpan.FromSeconds(60);

    private readonly ConcurrentDictionary<(string Url, FileName Hash), Download> downloads = new();
    private readonly DownloadTurns turns = new(AtOnce, OfOneServer);
    private readonly CancellationTokenSource stop = new();
    private readonly FileDepot depot;
    private readonly TargetRule rule;
    private readonly TimeProvider time;
    private readonly TimeSpan patience;
    private readonly HttpMessageInvoker client;

    /// <summary>Creates the downloads.</summary>
    /// <param name="depot">Stores files.</param>
    /// <param name="rule">Decides to which addresses connections may be made.</param>
    /// <param name="time">The clock that bounds waits.</param>
    /// <param name="patience">
    /// How long a download goes on while no attempt asks for it; longer than the interval of heartbeats.
    /// </param>
    /// <param name="resolve">Resolves a name; null for the system's resolver.</param>
    public UrlFiles(
        FileDepot depot, TargetRule rule, TimeProvider time, TimeSpan patience,
        Func<string, CancellationToken, Task<IPAddress[]>>? resolve = null)
    {
        (this.depot, this.rule, this.time, this.patience) = (depot, rule, time, patience);
        client = new HttpMessageInvoker(new TargetConnections(rule, resolve, time).NewHandler());
    }

    /// <summary>How long a download may take. Otherwise slow servers could occupy the few turns for weeks.</summary>
    internal TimeSpan Longest { get; init; } = TimeSpan.FromHours(6);

    /// <summary>
    /// Asks for a file that is not stored. Returns false while the download waits or runs. Once it has ended, returns
    /// true, and in <paramref name="fault"/> a sentence that says why the file cannot be had, or null if the file is
    /// stored. The next call starts another download.
    /// </summary>
    internal bool TryFinish(string url, FileName hash, out string? fault)
    {
        fault = null;
        var key = (url, hash);
        if (!downloads.TryGetValue(key, out var download))
        {
            if (downloads.Count >= MostRemembered)
                return false;
            download = downloads.GetOrAdd(key, NewDownload);
        }

        download.Forgets.Change(patience, Timeout.InfiniteTimeSpan);
        if (!download.Outcome.IsCompleted)
            return false;
        downloads.TryRemove(KeyValuePair.Create(key, download));
        download.Forgets.Dispose();
        fault = download.Outcome.Result;
        return true;
    }

    /// <summary>Ends all downloads.</summary>
    public void Dispose()
    {
        stop.Cancel();
        foreach (var download in downloads.Values)
            download.Forgets.Dispose();
        client.Dispose();
        stop.Dispose();
    }

    private Download NewDownload((string Url, FileName Hash) key)
    {
        var unasked = new CancellationTokenSource();
        var download = new Download(() => Run(key.Url, key.Hash, unasked.Token));
        download.Forgets = time.CreateTimer(
            _ =>
            {
                downloads.TryRemove(KeyValuePair.Create(key, download));
                unasked.Cancel();
            },
            null, Timeout.InfiniteTimeSpan, Timeout.InfiniteTimeSpan);
        return download;
    }

    [SuppressMessage("Design", "CA1031", Justification = "Whatever fails, only this file cannot be had.")]
    private async Task<string?> Run(string url, FileName hash, CancellationToken unasked)
    {
        try
        {
            var address = new Uri(url);
            using var ends = CancellationTokenSource.CreateLinkedTokenSource(stop.Token, unasked);
            await turns.Take(address.Authority, ends.Token);
            try
            {
                return await FetchInTime(address, hash, ends.Token) is { } fault ? $"{url} {fault}." : null;
            }
            finally
            {
                turns.GiveBack(address.Authority);
            }
        }
        catch (OperationCanceledException) when (unasked.IsCancellationRequested)
        {
            // An attempt that has asked just now finds no stored file, and asks again.
            return null;
        }
        catch (Exception failure)
        {
            return $"{url} cannot be fetched: {FaultOf(failure)}";
        }
    }

    private async Task<string?> FetchInTime(Uri url, FileName hash, CancellationToken cancellation)
    {
        using var late = new CancellationTokenSource(Longest, time);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(cancellation, late.Token);
        try
        {
            return await Fetch(url, hash, either.Token);
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            return $"did not arrive within {Longest.TotalHours:0} h";
        }
    }

    private async Task<string?> Fetch(Uri url, FileName hash, CancellationToken cancellation)
    {
        for (var hops = 0; ; hops++)
        {
            if (rule.RefusalOf(url) is { } refusal)
                return refusal;
            using var slow = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
            using var timer = time.CreateTimer(
                static source => ((CancellationTokenSource)source!).Cancel(), slow, BlockTimeout, Timeout.InfiniteTimeSpan);
            using var request = new HttpRequestMessage(HttpMethod.Get, url);
            request.Headers.UserAgent.Add(new ProductInfoHeaderValue("OrleansTasks", null));
            using var answer = await client.SendAsync(request, slow.Token);
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
            var content = await answer.Content.ReadAsStreamAsync(slow.Token);
            return await Take(content, hash, () => timer.Change(BlockTimeout, Timeout.InfiniteTimeSpan), slow.Token);
        }
    }

    // The timeout is that of a block, not that of a read. Otherwise a server that sends a byte a minute would keep its
    // turn until the longest time of a download is over.
    private async Task<string?> Take(Stream content, FileName hash, Action arrived, CancellationToken cancellation)
    {
        await using var upload = await depot.Begin();
        var block = new byte[BlockBytes];
        while (await content.ReadAtLeastAsync(block, BlockBytes, throwOnEndOfStream: false, cancellation) is > 0 and var count)
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
        OperationCanceledException { InnerException: not TimeoutException } =>
            $"Less than {BlockBytes >> 10} KiB arrived within {BlockTimeout.TotalSeconds:0} s.",
        _ => TargetConnections.FaultOf(failure),
    };

    private sealed class Download(Func<Task<string?>> run)
    {
        private readonly Lazy<Task<string?>> outcome = new(run);

        /// <summary>
        /// Why the file cannot be downloaded, as a sentence; null if it is stored. The first read starts the download.
        /// </summary>
        public Task<string?> Outcome => outcome.Value;

        /// <summary>Stops the download when no attempt has asked for it for some time.</summary>
        public ITimer Forgets { get; set; } = null!;
    }
}
