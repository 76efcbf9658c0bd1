using OrleansTasks.Worker.Agent;
using System.Collections.Concurrent;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>
/// The images that this machine is known to have. An image is looked for once and pulled once at a time, whatever the
/// number of attempts that wait for it; a removed image is noticed when a container of it cannot start.
/// </summary>
internal sealed class ContainerImages(EngineCalls calls, Func<ContainerEngine?> engine)
{
    private static readonly TimeSpan LongestPull = TimeSpan.FromHours(1);
    private readonly ConcurrentDictionary<string, string> ids = new();
    private readonly ConcurrentDictionary<string, Task<string?>> looks = new();
    private readonly Lock gate = new();

    /// <summary>Whether a command of this image can start without a wait.</summary>
    internal bool Has(string image, PullPolicy pull) => pull != PullPolicy.Always && ids.ContainsKey(image);

    /// <summary>Returns the id of an image that is known to be here; null if none is known.</summary>
    internal string? IdOf(string image) => ids.GetValueOrDefault(image);

    /// <summary>Forgets an image, since a container of it could not start.</summary>
    internal void Forget(string image) => ids.TryRemove(image, out _);

    /// <summary>Has the image on this machine. Returns why that is not possible, or null.</summary>
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
            return "the worker is ending";
        }
        finally
        {
            lock (gate)
                looks.TryRemove(key, out _);
        }
    }

    /// <summary>Learns the id of an image. Returns null if the machine has it, and otherwise what the engine says.</summary>
    private async Task<string?> FindAsync(ContainerEngine found, string image)
    {
        var answer = await calls.RunAsync(found.Find(image)).ConfigureAwait(false);
        var id = answer.Output.Trim();
        if (!answer.IsDone || id.Length == 0)
            return answer.Fault;
        ids[image] = id;
        return null;
    }
}
