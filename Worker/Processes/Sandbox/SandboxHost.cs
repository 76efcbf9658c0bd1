using System.Globalization;
using OrleansTasks.Worker.Files;
using OrleansTasks.Worker.Processes.Forwarding;
using OrleansTasks.Worker.Processes.Interop;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Processes.Sandbox;

/// <summary>What all sandboxes of a host share, and whether this machine can have any.</summary>
/// <param name="allowed">The folders that commands may ask for, absolute and without links.</param>
/// <param name="workRoot">The folder that holds the working folders.</param>
/// <param name="user">The user that commands run as; null for the worker's own.</param>
internal sealed class SandboxHost(IReadOnlyList<string> allowed, string workRoot, RunAsUser? user) : IDisposable
{
    /// <summary>
    /// The user and group id of sandboxed commands if the worker is root and was given no other user for them. No user
    /// of the machine has this id, so such a command owns nothing. Files of root that its sandbox has appear as its
    /// own.
    /// </summary>
    internal const uint NobodyElse = 2_147_483_646;

    private const int LANDLOCK_CREATE_RULESET_VERSION = 1;
    private static readonly TimeSpan LongestCleanUp = TimeSpan.FromSeconds(1);
    private readonly ProofProcess proof = new();
    private readonly bool isRoot = Libc.geteuid() == 0;
    private readonly Lock gate = new();
    private SandboxRoot? root;
    private int launcher = -1;
    private int landlock;
    private bool mapsFiles;
    private string? refusal;
    private string? forwardingRefusal;
    private bool isProven;

    /// <summary>
    /// A descriptor of the user namespace in which <see cref="NobodyElse"/> is root; negative if none is needed.
    /// </summary>
    internal int Mapping { get; private set; } = -1;

    /// <summary>The descriptor of the program that builds sandboxes.</summary>
    internal int Launcher => launcher;

    /// <summary>
    /// How long the proof may take before the machine counts as one without sandboxes. It usually takes milliseconds.
    /// </summary>
    internal TimeSpan LongestProof { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Why this machine cannot have sandboxes; null if it can. The first call tries it.</summary>
    internal string? Refusal
    {
        get
        {
            lock (gate)
            {
                if (isProven) return refusal;
                isProven = true;
                refusal = ProveInTime();
                return refusal;
            }
        }
    }

    /// <summary>
    /// Why a sandbox of this machine cannot reach listed hosts; null if it can, or if there are no sandboxes at all.
    /// </summary>
    internal string? ForwardingRefusal => Refusal is null ? forwardingRefusal : null;

    /// <summary>Returns what a command's sandbox has, or why it cannot have one.</summary>
    internal SandboxPlan? Plan(RunningProcess process, StartRequest request, string folder, out string? why)
    {
        why = Refusal is { } refused ? $"this worker cannot build sandboxes: {refused}" : null;
        if (why is not null) return null;
        var asked = request.Sandbox!;
        if (HostList.Parse(asked.Allow, out var unread) is not { } hosts)
        {
            why = $"'{unread}' of isolation.allow is not HOST:PORT";
            return null;
        }
        var mounts = new List<SandboxMount>();
        var own = process.OwnFolder is null ? null : RealPath.Of(folder);
        if (own is not null) mounts.Add(new(own, folder, IsFolder: true, IsWritable: true));
        else if (!TryAdd(mounts, folder, isWritable: true, out why)) return null;
        if (process.ExchangeFolder is { } exchange) mounts.Add(new(RealPath.Of(exchange.Path), exchange.Path, IsFolder: true, IsWritable: true));
        foreach (var path in asked.Read)
            if (!TryAdd(mounts, path, isWritable: false, out why)) return null;
        foreach (var path in asked.Write)
            if (!TryAdd(mounts, path, isWritable: true, out why)) return null;
        mounts.Sort(static (one, other) => one.Target.Length.CompareTo(other.Target.Length));
        return new()
        {
            Programs = Programs(request, folder, mounts), Folder = folder, Mounts = mounts, User = UserOf(process.User),
            Devices = [.. asked.Devices.Where(static name => File.Exists("/dev/" + name))],
            UsesHostNetwork = asked.UsesHostNetwork && asked.Allow.Count == 0,
            Hosts = asked.Allow.Count > 0 ? hosts : null, OpenFiles = process.Request.Limits?.OpenFiles,
        };
    }

    /// <summary>Returns the system calls of a sandbox.</summary>
    internal SyscallScript Script(SandboxPlan plan) => SandboxScript.Of(root!, plan, isRoot, landlock);

    /// <summary>
    /// Gives a command its folders, where the file system cannot show root's files as another user's.
    /// </summary>
    internal void GiveFolders(RunningProcess process)
    {
        if (!isRoot || mapsFiles || process.User is not null) return;
        foreach (var folder in (WorkFolder?[])[process.OwnFolder, process.ExchangeFolder])
            if (folder is { } given) Give(given.Path);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        lock (gate)
        {
            Descriptors.Close(ref launcher);
            var mapping = Mapping;
            Descriptors.Close(ref mapping);
            Mapping = -1;
            (isProven, refusal) = (true, "the worker ends");
        }
    }

    /// <summary>Makes <see cref="NobodyElse"/> the owner of a folder and of everything in it.</summary>
    internal static void Give(string folder)
    {
        foreach (var path in Directory.EnumerateFileSystemEntries(folder, "*", new EnumerationOptions { RecurseSubdirectories = true, AttributesToSkip = 0 }))
            _ = Libc.lchown(path, NobodyElse, NobodyElse);
        _ = Libc.lchown(folder, NobodyElse, NobodyElse);
    }

    /// <summary>The paths at which the program may be; execve(2) tells which of them the sandbox has.</summary>
    private List<string> Programs(StartRequest request, string folder, List<SandboxMount> mounts)
    {
        var program = request.Arguments[0];
        if (program.Contains('/')) return [program];
        var found = new List<string>();
        foreach (var part in (ProgramFinder.PathOf(request) ?? ProgramFinder.DefaultPath).Split(':'))
        {
            var path = Path.Combine(folder, part, program);
            if (root!.Has(path) || mounts.Exists(mount => RealPath.IsBeneath(path, mount.Target))) found.Add(path);
        }
        found.RemoveAll(static path => !File.Exists(path));
        return found.Count > 0 ? found : ["/usr/bin/" + program];
    }

    private bool TryAdd(List<SandboxMount> mounts, string path, bool isWritable, out string? why)
    {
        why = null;
        if (SandboxFolders.Find(allowed, path) is not { } real)
        {
            why = $"the worker does not allow '{path}' in a sandbox (--sandbox-allow)";
            return false;
        }
        // The stronger right wins.
        mounts.RemoveAll(mount => mount.Target == path && isWritable);
        if (!mounts.Exists(mount => mount.Target == path)) mounts.Add(new(real, path, Directory.Exists(real), isWritable));
        return true;
    }

    private SandboxUser UserOf(RunAsUser? given)
    {
        if (given is not null) return new(given.Uid, given.Gid, given.Groups, given.Uid, given.Gid, IsMapped: false);
        return isRoot
            ? new(NobodyElse, NobodyElse, [], 0, 0, mapsFiles)
            : new(Libc.geteuid(), Libc.getegid(), [], Libc.geteuid(), Libc.getegid(), IsMapped: false);
    }

    /// <summary>
    /// As <see cref="Prove"/>, within <see cref="LongestProof"/>. A file system that does not answer can stop both this
    /// process and the one that builds the sandbox, and the latter may not even die while it waits. So the proof has a
    /// thread of its own, which cleans up when it can.
    /// </summary>
    private string? ProveInTime()
    {
        string? why = null;
        var proving = new Thread(() => why = Prove(), 512 * 1024) { IsBackground = true, Name = "sandbox-proof" };
        proving.Start();
        if (proving.Join(LongestProof)) return why;
        proof.Stop();
        _ = proving.Join(LongestCleanUp);
        return string.Create(
            CultureInfo.InvariantCulture,
            $"the test of a sandbox did not end within {LongestProof.TotalSeconds} s; a file system may not answer");
    }

    /// <summary>Builds a sandbox and has a command look at it. Returns what is wrong, or null.</summary>
    private string? Prove()
    {
        try
        {
            root = SandboxRoot.OfMachine();
            if (proof.IsStopped) return ProofProcess.Stopped;
            if (!Sandbox.Launcher.IsSupported) return "sandboxes need an x64 or arm64 processor";
            launcher = Sandbox.Launcher.Open();
            if (launcher < 0)
                return $"cannot create the program that builds sandboxes: {Libc.Describe(Libc.LastError)}";
            landlock = Math.Max(0, Libc.LandlockVersion(LANDLOCK_CREATE_RULESET_VERSION));
            if (isRoot && user is null) Mapping = SandboxStart.MakeUserNamespace(launcher, NobodyElse, proof);
            mapsFiles = Mapping >= 0;
            var why = Try();
            if (why is not null && mapsFiles)
            {
                // The file system of the working folders may not support mapped mounts.
                mapsFiles = false;
                why = Try();
            }

            if (why is null) forwardingRefusal = Try(HostList.Parse([], out _));
            return why;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return failure.Message;
        }
    }

    private string? Try(HostList? hosts = null)
    {
        var folder = Path.Combine(RealPath.Of(workRoot), $"sandbox-proof-{Environment.ProcessId:x}");
        if (proof.IsStopped) return ProofProcess.Stopped;
        Directory.CreateDirectory(workRoot);
        if (Libc.mkdir(folder, 0x1C0) < 0 && Libc.LastError != Libc.EEXIST) // Mode 0700
            return $"cannot create {folder}: {Libc.Describe(Libc.LastError)}";
        try
        {
            var runAs = user?.Range is { } range ? range.OfTask(range.Last) : user;
            var inner = UserOf(runAs);
            if (runAs is not null) _ = Libc.chown(folder, runAs.Uid, runAs.Gid);
            else if (isRoot && !mapsFiles) Give(folder);
            var plan = new SandboxPlan
            {
                Programs = ["/bin/sh"], Folder = folder, Mounts = [new(folder, folder, IsFolder: true, IsWritable: true)], User = inner,
                Hosts = hosts,
            };
            return SandboxProof.Check(this, plan, workRoot, proof);
        }
        finally
        {
            _ = FolderRemover.Remove(folder, out _);
        }
    }
}
