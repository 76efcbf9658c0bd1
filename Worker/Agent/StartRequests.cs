using OrleansTasks.Processing.Resources;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Sandbox;
using OrleansTasks.Worker.Protocol;
using OrleansTasks.Worker.Resources;

namespace OrleansTasks.Worker.Agent;

/// <summary>Converts a master's start command to a request for the process host.</summary>
internal static class StartRequests
{
    private const int LeastShares = 2, MostShares = 262_144;

    /// <summary>Returns the request for an attempt's process.</summary>
    public static StartRequest Of(
        Attempt attempt, Start start, AttemptEnvironment environment, OutputBuffer output, AttemptFiles? files) => new()
    {
        Arguments = start.Argv,
        Environment = environment.Of(start, attempt.Span, attempt.Gpus, attempt.Cores),
        // With a container, the folder is in the container.
        WorkingDirectory = start.Isolation?.Container is null ? CwdOf(start) : null,
        Input = start.Stdin.Memory,
        Timeout = start.TimeoutMs > 0 ? WireTime.FromMilliseconds(start.TimeoutMs) : null,
        KillGrace = WireTime.FromMilliseconds(start.KillGraceMs),
        MaxOutputBytes = start.MaxOutputBytes,
        HidesProgress = start.HideProgress,
        Limits = LimitsOf(start, attempt.Cores),
        Sandbox = SandboxOf(start, attempt.Gpus),
        Container = ContainerOf(start, attempt.Gpus),
        TakesResult = start.Result,
        Inputs = start.HasInputs ? start.Inputs.Memory : default(ReadOnlyMemory<byte>?),
        Files = files,
        Output = output,
    };

    /// <summary>
    /// Returns the sandbox of a command that has these GPUs, or of a chunk's commands; null if there is none.
    /// </summary>
    public static SandboxRequest? SandboxOf(Start start, IReadOnlyList<int>? gpus = null) =>
        start.Isolation is not { Container: null } isolation ? null : new SandboxRequest
        {
            UsesHostNetwork = isolation.HostNetwork,
            Allow = isolation.Allow,
            Read = isolation.Read,
            Write = isolation.Write,
            Devices = GpuIndexes.DevicesOf(gpus ?? []),
        };

    /// <summary>Whether a command needs an image that is not known to be on this machine.</summary>
    public static bool NeedsImage(Start start, IProcessHost host) =>
        start.Isolation?.Container is { } container && !host.HasImage(container.Image, PolicyOf(container));

    /// <summary>Returns when the worker pulls the image of a container.</summary>
    public static PullPolicy PolicyOf(ContainerTerms container) => container.Pull switch
    {
        ContainerTerms.Types.Pull.Always => PullPolicy.Always,
        ContainerTerms.Types.Pull.Never => PullPolicy.Never,
        _ => PullPolicy.Missing,
    };

    private static ContainerRequest? ContainerOf(Start start, IReadOnlyList<int> gpus) =>
        start.Isolation is not { Container: { } container } isolation ? null : new ContainerRequest
        {
            Image = container.Image,
            UsesHostNetwork = isolation.HostNetwork,
            User = container.User.Length == 0 ? null : container.User,
            Mounts =
            [
                .. container.Mounts.Select(static mount => new ContainerPath(mount.From, mount.To, mount.ReadOnly)),
            ],
            KeepsEntrypoint = container.KeepEntrypoint,
            WorkingDirectory = CwdOf(start),
            Devices = GpuIndexes.DevicesOf(gpus),
        };

    private static string? CwdOf(Start start) => start.Cwd.Length == 0 ? null : start.Cwd;

    // The lease counts cores in thousandths; shares are 1,024ths of a core.
    private static int? SharesOf(Start start) =>
        start.Lease.Resources.TryGetValue(ResourceName.Cpu, out var cores)
            ? (int)Math.Clamp(cores * 1024 / 1000, LeastShares, MostShares)
            : null;

    private static ProcessLimits? LimitsOf(Start start, IReadOnlyList<int> cores)
    {
        var limits = new ProcessLimits
        {
            MemoryBytes = start.MemoryBytes > 0 ? start.MemoryBytes : null,
            CpuTime = start.CpuTimeMs > 0 ? WireTime.FromMilliseconds(start.CpuTimeMs) : null,
            Processes = start.Processes > 0 ? start.Processes : null,
            OpenFiles = start.OpenFiles > 0 ? start.OpenFiles : null,
            CpuShares = SharesOf(start),
            Cores = cores,
        };
        return limits.IsNone ? null : limits;
    }
}
