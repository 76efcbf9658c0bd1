using OrleansTasks.Worker.Agent;
using System.Collections.Concurrent;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>
/// The images that this machine is known to have. However many attempts wait for an image, the worker looks for it and
/// pulls it once at a time. If an image has been removed, the next container of it cannot start; then the worker
/// forgets the image. Containers are started by the image's name rather than its id, because the name may refer to
/// another image by then.
/// </summary>
internal sealed class ContainerImages(EngineCalls calls, Func<ContainerEngine?> engine)
{
    /// <summary>Why nothing is fetched any more when the host has begun to close.</summary>
    internal const string IsEnding = "the worker is ending";

    private static readonly TimeSpan LongestPull = TimeSpan.FromHours(1);
    // The values are unused.
    private readonly ConcurrentDictionary<string, bool> known = new();
    private readonly Dictionary<string, Task<string?>> looks = [];
    private readonly Lock gate = new();

    /// <summary>Whether a command in a container of this image can start at once.</summary>
    internal bool Has(string image, PullPolicy pull) => pull != PullPolicy.Always && known.ContainsKey(image);

    /// <summary>Forgets an image, because a container of it could not start.</summary>
    internal void Forget(string image) => known.TryRemove(image, out _);

    /// <summary>
    /// Looks for an image on this machine, and pulls it as the policy says. Returns why the image cannot be used; null
    /// if it can.
    /// </summary>
    internal Task<string?> PrepareAsync(string image, PullPolicy pull, CancellationToken cancellation)
    {
        if (Has(image, pull))
            return Task.FromResult<string?>(null);
        Task<string?> look;
        var key = $"{pull} {image}";
        lock (gate)
        {
            if (!looks.TryGetValue(key, out look!))
                looks[key] = look = Task.Run(() => LookAsync(key, image, pull), CancellationToken.None);
        }

        return look.OrCancelledAsync(cancellation);
    }

    private async Task<string?> LookAsync(string key, string image, PullPolicy pull)
    {
        try
        {
            if (engine() is not { } found)
                return "this worker cannot run containers";
            if (pull != PullPolicy.Always && await FindAsync(found, image).ConfigureAwait(false) is null)
                return null;
            if (pull == PullPolicy.Never)
                return $"the machine does not have the image '{image}', and the task says never to pull it";
            var pulled = await calls.RunAsync(found.Pull(image), timeout: LongestPull).ConfigureAwait(false);
            if (!pulled.IsDone)
                return $"{found.Name} cannot pull the image '{image}': {pulled.Fault}";
            return await FindAsync(found, image).ConfigureAwait(false) is { } fault
                ? $"{found.Name} has pulled the image '{image}', but does not find it: {fault}"
                : null;
        }
        catch (ObjectDisposedException)
        {
            return IsEnding;
        }
        finally
        {
            lock (gate)
                looks.Remove(key);
        }
    }

    /// <summary>
    /// Asks the engine for an image. Returns null if the machine has the image, and otherwise what the engine says.
    /// </summary>
    private async Task<string?> FindAsync(ContainerEngine found, string image)
    {
        var answer = await calls.RunAsync(found.Find(image)).ConfigureAwait(false);
        if (!answer.IsDone)
            return answer.Fault;
        known[image] = true;
        return null;
    }
}
