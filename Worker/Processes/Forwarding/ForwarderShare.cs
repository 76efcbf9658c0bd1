using System.Net;
using System.Net.Sockets;
using OrleansTasks.Worker.Agent;

namespace OrleansTasks.Worker.Processes.Forwarding;

/// <summary>What all forwarders of a worker share: how many connections are open, and how names are resolved.</summary>
/// <param name="resolve">Returns a name's addresses, and may block for long.</param>
internal sealed class ForwarderShare(Func<string, IPAddress[]> resolve)
{
    /// <summary>Maximum number of connections of all commands.</summary>
    internal const int MostConnections = 1024;

    /// <summary>Maximum number of lookups of all commands at a time.</summary>
    internal const int MostLookups = 64;

    private readonly SemaphoreSlim lookups = new(MostLookups);

    /// <summary>That of this process.</summary>
    internal static ForwarderShare OfWorker { get; } = new(Dns.GetHostAddresses);

    /// <summary>The connections that may still be opened.</summary>
    internal SemaphoreSlim Connections { get; } = new(MostConnections);

    /// <summary>
    /// Resolves a name. A lookup that hangs continues after it was cancelled, and until its end it counts against both
    /// bounds. It has a thread of its own: the pool's threads also renew the worker's leases, and few lookups would
    /// hold all of them.
    /// </summary>
    /// <param name="name">A host's name.</param>
    /// <param name="own">How many lookups the command may still begin.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="SocketException">The name has no address, or the system gives the worker no more threads.</exception>
    internal async Task<IPAddress[]> ResolveAsync(string name, SemaphoreSlim own, CancellationToken cancellation)
    {
        await own.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            await lookups.WaitAsync(cancellation).ConfigureAwait(false);
        }
        catch
        {
            own.Release();
            throw;
        }

        Task<IPAddress[]> lookup;
        try
        {
            lookup = Task.Factory.StartNew(
                () => resolve(name), CancellationToken.None,
                TaskCreationOptions.LongRunning | TaskCreationOptions.DenyChildAttach, TaskScheduler.Default);
        }
        catch (TaskSchedulerException)
        {
            lookups.Release();
            own.Release();
            throw new SocketException((int)SocketError.TryAgain);
        }

        _ = lookup.ContinueWith(
            done =>
            {
                _ = done.Exception;
                lookups.Release();
                own.Release();
            },
            CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
        return await lookup.OrCancelledAsync(cancellation).ConfigureAwait(false);
    }
}
