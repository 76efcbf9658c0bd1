using Grpc.Core;
using Microsoft.Extensions.Logging;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Hosting;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Handlers;

/// <summary>
/// Determines the worker's identity: from its data folder, or with a join token. On the service's machine it may work
/// without one.
/// </summary>
internal sealed partial class Identification(HandlerWorkerOptions options, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Returns the identity; null to work without one.</summary>
    /// <exception cref="IdentityRefusedException">The worker needs an identity and can have none.</exception>
    internal async Task<WorkerIdentity?> FindAsync(string folder, CancellationToken cancellation)
    {
        var known = WorkerIdentity.Load(folder, TimeProvider.System);
        var isValid = known is { HasExpired: false };
        // A program may keep the token that its identity came from. Another token means to join again.
        if (options.Token is { } token && !(isValid && known!.IsOf(token)))
            return await JoinAsync(folder, token, cancellation);
        if (isValid)
            return known;
        if (known is not null)
            throw new IdentityRefusedException(
                "its certificate has expired. Set JoinToken to a new token, which 'otask node token' prints.");
        if (options.MasterAddresses.FirstOrDefault(static master => !master.IsLoopback) is { } far)
            throw new IdentityRefusedException(
                $"{far.Host}:{far.Port} is another machine, where a worker needs a certificate. Set JoinToken to a token, which "
                + "'otask node token' prints.");
        return null;
    }

    private async Task<WorkerIdentity> JoinAsync(string folder, JoinToken token, CancellationToken cancellation)
    {
        var instance = InstanceFile.ReadOrCreate(folder);
        var isTold = false;
        while (true)
        {
            foreach (var master in options.MasterAddresses)
            {
                try
                {
                    return await Joining.JoinAsync(
                        MasterConnections.Secured(master), token, folder, options.Name, instance, TimeProvider.System, cancellation);
                }
                catch (RpcException silent)
                {
                    if (!isTold)
                        Waiting(master.Authority, silent.Message);
                    isTold = true;
                }
            }

            await Task.Delay(Pause, TimeProvider.System, cancellation);
        }
    }

    [LoggerMessage(EventId = 3906, Level = LogLevel.Warning, Message = "The worker waits for {Master} to join: {Reason}")]
    private partial void Waiting(string master, string reason);
}
