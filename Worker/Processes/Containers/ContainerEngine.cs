using System.Globalization;
using System.Security.Cryptography;
using System.Text;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>The programs that can make containers.</summary>
internal enum EngineKind
{
    /// <summary>podman, which has no daemon: a container's processes descend from the worker.</summary>
    Podman,

    /// <summary>docker, whose daemon owns the containers.</summary>
    Docker,
}

/// <summary>The container engine of this machine, and its command lines.</summary>
/// <param name="Kind">Which engine it is.</param>
/// <param name="Program">The path of its program.</param>
/// <param name="IsRoot">Whether the worker, and so podman, is root.</param>
internal sealed record ContainerEngine(EngineKind Kind, string Program, bool IsRoot)
{
    /// <summary>The label that names the folder of the worker that made a container.</summary>
    internal const string WorkerLabel = "orleanstasks.worker";

    /// <summary>
    /// The first of the 65,536 user and group ids of the machine to which users of containers are mapped. No account
    /// has one of them, so a container's root owns nothing of the machine. The ids end before
    /// <see cref="Sandbox.SandboxHost.NobodyElse"/>.
    /// </summary>
    internal const uint FirstUser = 0x7FFE_0000;

    private const uint Users = 65_536;
    private const string NameOption = "--name=";

    // Programs that install or serve something need these. They apply only to what is in the container. Because of
    // no-new-privileges, a setuid program adds none.
    private const string Capabilities = "CHOWN,DAC_OVERRIDE,FOWNER,FSETID,KILL,NET_BIND_SERVICE,SETGID,SETUID";

    /// <summary><see cref="Capabilities"/> as /proc shows them; with docker, a command has none.</summary>
    internal string CapabilitySet => Kind == EngineKind.Podman ? "00000000000004fb" : "0000000000000000";

    /// <summary>
    /// Whether users of containers are mapped to ids that no account of the machine has, whatever user the worker runs
    /// other commands as. Otherwise, with podman, a container's root is the worker's own user.
    /// </summary>
    internal bool MapsUsers => Kind == EngineKind.Podman && IsRoot;

    /// <summary>Whether a user id of the machine is one to which users of containers are mapped.</summary>
    internal static bool HasUser(uint id) => id is >= FirstUser and < FirstUser + Users;

    /// <summary>The engine's name.</summary>
    internal string Name => NameOf(Kind);

    /// <summary>Returns the name of an engine's program.</summary>
    internal static string NameOf(EngineKind kind) => kind == EngineKind.Podman ? "podman" : "docker";

    /// <summary>Returns the argument of <see cref="Run"/> that names the folder of a worker.</summary>
    internal static string LabelOf(string worker) => $"--label={WorkerLabel}={worker}";

    /// <summary>Returns the container that an argument of <see cref="Run"/> names; empty if it names none.</summary>
    internal static string NameIn(string argument) =>
        argument.StartsWith(NameOption, StringComparison.Ordinal) ? argument[NameOption.Length..] : "";

    /// <summary>Returns the command line that runs a command in a container.</summary>
    internal List<string> Run(ContainerPlan plan)
    {
        List<string> line =
        [
            Program, "run", NameOption + plan.Name, LabelOf(plan.Worker),
            // Without an init of the engine, the command would be process 1, which no signal ends by default.
            "--init", "--pull=never", "--log-driver=none", "--no-healthcheck",
            "--network=" + (plan.UsesHostNetwork ? "host" : "none"),
            "--cap-drop=ALL", "--security-opt=no-new-privileges",
            "--env-file=" + plan.EnvironmentFile, "--workdir=" + plan.Folder,
        ];
        if (plan.IsRemovedAtEnd)
            line.Add("--rm");
        if (plan.HasInput)
            line.Add("--interactive");
        AddUsers(line, plan);
        if (Kind == EngineKind.Podman)
        {
            line.AddRange(
            [
                "--cap-add=" + Capabilities, "--sdnotify=ignore", "--http-proxy=false",
                "--pidfile=" + plan.ProcessFile, "--cidfile=" + plan.IdFile,
            ]);
        }

        foreach (var mount in plan.Mounts)
            line.Add("--mount=" + MountOption(mount));
        foreach (var device in plan.Devices)
            line.Add("--device=/dev/" + device);
        AddLimits(line, plan.Limits);
        if (!plan.KeepsEntrypoint)
            line.Add("--entrypoint=" + plan.Arguments[0]);
        line.Add(plan.Image);
        line.AddRange(plan.KeepsEntrypoint ? plan.Arguments : plan.Arguments.Skip(1));
        return line;
    }

    /// <summary>
    /// Returns the command line that kills those of the containers that still exist and removes them.
    /// </summary>
    internal string[] Remove(IEnumerable<string> names) => Kind == EngineKind.Podman
        ? [Program, "rm", "--force", "--ignore", "--volumes", "--time=0", .. names]
        : [Program, "rm", "--force", "--volumes", .. names];

    /// <summary>Returns the command line that lists the names and ids of a worker's containers, a line each.</summary>
    internal string[] List(string worker) =>
    [
        Program, "ps", "--all", "--no-trunc", $"--filter=label={WorkerLabel}={worker}", "--format={{.Names}} {{.ID}}",
    ];

    /// <summary>
    /// Returns the command line that lists the same of all containers, including those that only podman's storage knows.
    /// Those have no labels: podman was killed before it recorded the container, or after it removed the record.
    /// </summary>
    internal string[] ListStored() =>
        [Program, "ps", "--all", "--external", "--no-trunc", "--format={{.Names}} {{.ID}}"];

    /// <summary>Returns the prefix of the names of a worker's containers.</summary>
    internal static string PrefixOf(string worker) =>
        $"otask-{Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(worker)).AsSpan(0, 6))}-";

    /// <summary>
    /// Returns the command line that prints the path of podman's runtime, the program that makes its containers, and in
    /// a second line the controllers of control groups that podman may use.
    /// </summary>
    internal string[] FindRuntime() =>
        [Program, "info", "--format={{.Host.OCIRuntime.Path}}\n{{.Host.CgroupControllers}}"];

    /// <summary>
    /// Returns the command line that removes what a runtime has of a container. If podman is killed while the runtime
    /// makes a container, podman does not know that it exists, and leaves it when it removes its own record.
    /// </summary>
    internal static string[] RemoveOf(string runtime, string id) => [runtime, "delete", "--force", id];

    /// <summary>
    /// Returns the command line with which a podman that is not root removes a folder, with the rights of all users
    /// that its containers can have.
    /// </summary>
    internal string[] RemoveFolder(string path) => [Program, "unshare", "rm", "-rf", path];

    /// <summary>
    /// Returns the command line that prints whether an ended container ran out of memory: true or false.
    /// </summary>
    internal string[] RanOutOfMemory(string name) =>
        [Program, "container", "inspect", "--format={{.State.OOMKilled}}", name];

    /// <summary>Returns the command line that fails if the machine does not have an image.</summary>
    internal string[] Find(string image) => [Program, "image", "inspect", "--format={{.Id}}", image];

    /// <summary>Returns the command line that pulls an image.</summary>
    internal string[] Pull(string image) => [Program, "pull", "--quiet", image];

    /// <summary>Returns the command line that makes an image from the archive in its standard input.</summary>
    internal string[] Import(string name) => [Program, "import", "-", name];

    private void AddUsers(List<string> line, ContainerPlan plan)
    {
        if (Kind == EngineKind.Docker)
        {
            // The daemon is root, so the container's root would be root of the machine.
            var (uid, gid) = plan.Owner ?? (Sandbox.SandboxHost.NobodyElse, Sandbox.SandboxHost.NobodyElse);
            line.Add(string.Create(CultureInfo.InvariantCulture, $"--user={uid}:{gid}"));
            return;
        }

        if (MapsUsers)
        {
            var map = string.Create(CultureInfo.InvariantCulture, $"0:{FirstUser}:{Users}");
            line.AddRange(["--uidmap=" + map, "--gidmap=" + map]);
        }

        if (plan.User is not null)
            line.Add("--user=" + plan.User);
    }

    private string MountOption(ContainerPlanMount mount)
    {
        var text = $"type=bind,src={mount.Path.From},dst={mount.Path.To}";
        if (mount.Path.IsReadOnly)
            text += Kind == EngineKind.Podman ? ",ro=true" : ",readonly";
        // Only the engine knows to which id of the machine the container's user is mapped.
        return mount.IsOwn && MapsUsers ? text + ",U=true" : text;
    }

    private void AddLimits(List<string> line, ContainerLimits limits)
    {
        if (limits.MemoryBytes is { } memory)
            line.AddRange([$"--memory={Text(memory)}b", $"--memory-swap={Text(memory)}b"]);
        // The limit also counts the engine's own first process.
        if (limits.Processes is { } processes)
            line.Add("--pids-limit=" + Text(processes + 1));
        // Always given, because an engine's defaults may be higher than the engine can set.
        line.Add($"--ulimit=nofile={Text(limits.OpenFiles)}:{Text(limits.OpenFiles)}");
        line.Add($"--ulimit=nproc={Text(limits.UserProcesses)}:{Text(limits.UserProcesses)}");
        if (limits.CpuShares is { } shares)
            line.Add("--cpu-shares=" + Text(shares));
        if (limits.Cores is { } cores)
            line.Add("--cpuset-cpus=" + cores);
    }

    private static string Text(long number) => number.ToString(CultureInfo.InvariantCulture);
}
