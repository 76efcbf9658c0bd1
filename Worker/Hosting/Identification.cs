using Grpc.Core;
using OrleansTasks.Settings;
using OrleansTasks.Worker.Agent;
using OrleansTasks.Worker.Trust;

namespace OrleansTasks.Worker.Hosting;

/// <summary>
/// Determines a worker's identity: from its data folder, or with a join token. On the master's machine it needs none.
/// </summary>
internal sealed class Identification(WorkerOptions options, TextWriter output)
{
    private static readonly TimeSpan Pause = TimeSpan.FromSeconds(1);

    /// <summary>Returns the worker's identity; null if it works without one.</summary>
    /// <exception cref="StartRefusedException">
    /// The worker needs an identity and has none, or its token was refused.
    /// </exception>
    internal async Task<WorkerIdentity?> FindAsync(string folder, CancellationToken cancellation)
    {
        var known = WorkerIdentity.Load(folder, TimeProvider.System);
        // A unit file may still contain the token that this identity came from. A different token means to join again.
        if (options.Token is { } token && !(known is { HasExpired: false } && known.IsOf(token)))
            return await JoinAsync(folder, token, cancellation);
        if (known is { HasExpired: false })
            return known;
        if (known is not null)
            throw new StartRefusedException(
                "The worker's certificate has expired. Start the worker with a new join token (--token) from 'otask node token'.");
        if (options.Masters.FirstOrDefault(static master => !master.IsLoopback) is not { } far)
        {
            if (options.RunAs is not { } user)
                return null;
            var near = options.Masters[0];
            throw new StartRefusedException(
                $"{user.Option}: tasks could connect to {near.Host}:{near.Port} like this worker, and receive tasks of other users. Start "
                + "the service with --require-keys, and this worker with a join token (--token) from 'otask node token'.",
                StartRefusedException.BadOption);
        }

        throw new StartRefusedException(
            $"--master {far.Host}:{far.Port} is on another machine, so the worker needs a certificate. Start it with "
                + "a join token (--token) "
            + "from 'otask node token'.", StartRefusedException.BadOption);
    }

    private async Task<WorkerIdentity> JoinAsync(string folder, JoinToken token, CancellationToken cancellation)
    {
        var instance = InstanceFile.ReadOrCreate(folder);
        var isTold = false;
        while (true)
        {
            foreach (var master in options.Masters)
            {
                try
                {
                    return await Joining.JoinAsync(
                        MasterConnections.Secured(master), token, folder, options.Name, instance, TimeProvider.System, cancellation);
                }
                catch (IdentityRefusedException refused)
                {
                    throw new StartRefusedException($"--token: {refused.Message}", refused);
                }
                catch (RpcException silent)
                {
                    if (!isTold)
                        await output.WriteLineAsync($"waiting for {master.Host}:{master.Port}: {silent.Message}");
                    isTold = true;
                }
            }

            await Task.Delay(Pause, TimeProvider.System, cancellation);
        }
    }
}
