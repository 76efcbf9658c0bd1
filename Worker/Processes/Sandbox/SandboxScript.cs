using System.Buffers.Binary;
using System.Globalization;
using OrleansTasks.Worker.Processes.Forwarding;
using Calls = OrleansTasks.Worker.Processes.Sandbox.SyscallNumbers;

namespace OrleansTasks.Worker.Processes.Sandbox;

/// <summary>Writes the system calls that build a sandbox and run a command in it.</summary>
/// <remarks>
/// <code>
/// monitor   the worker's child: makes the namespaces and the new root, starts the two others, waits for the command,
///    │      ends the first process, and ends as the command did
///    ├── first     process 1 of the sandbox: reaps what the command leaves behind; when it is killed, all are
///    └── command   enters the new root, gives up all rights, and becomes the program
/// </code>
/// The monitor is outside of the process namespace, where the command cannot reach it. It ignores all signals that can
/// be ignored: those that the worker sends to the group are meant for the command. If the monitor is killed, the first
/// process is too, by PR_SET_PDEATHSIG, and so is everything in the sandbox; the kernel then removes mounts and
/// namespaces.
/// </remarks>
internal sealed class SandboxScript
{
    internal const int ScriptDescriptor = 3, StatusDescriptor = 4, MappingDescriptor = 5;

    /// <summary>The new root is built here. Nothing that a sandbox may have is below it.</summary>
    private const string NewRoot = "/sys";

    private const int AT_FDCWD = -100, O_WRONLY = 1, O_CREAT = 0x40, O_CLOEXEC = 0x80000, O_PATH = 0x200000, F_SETFD = 2, FD_CLOEXEC = 1;
    private const int AT_EMPTY_PATH = 0x1000, AT_RECURSIVE = 0x8000, OPEN_TREE_CLONE = 1, MOVE_MOUNT_F_EMPTY_PATH = 4, MNT_DETACH = 2;
    private const int MS_NOSUID = 2, MS_NODEV = 4, MS_NOEXEC = 8, MS_BIND = 0x1000, MS_REC = 0x4000;
    private const int MS_PRIVATE = 0x40000;
    private const long MOUNT_ATTR_RDONLY = 1, MOUNT_ATTR_NOSUID = 2, MOUNT_ATTR_NODEV = 4, MOUNT_ATTR_NOEXEC = 8, MOUNT_ATTR_IDMAP = 0x100000;
    private const long RESOLVE_NO_SYMLINKS = 4, RESOLVE_NO_MAGICLINKS = 2;
    private const int CLONE_NEWNS = 0x20000, CLONE_NEWCGROUP = 0x2000000, CLONE_NEWUTS = 0x4000000, CLONE_NEWIPC = 0x8000000,
        CLONE_NEWUSER = 0x10000000, CLONE_NEWPID = 0x20000000, CLONE_NEWNET = 0x40000000;
    private const int SIGKILL = 9, SIGCHLD = 17, SIG_BLOCK = 0, SIG_UNBLOCK = 1, SIG_SETMASK = 2, WNOHANG = 1, WALL = 0x40000000;
    private const int PR_SET_PDEATHSIG = 1, PR_SET_DUMPABLE = 4, PR_SET_KEEPCAPS = 8, PR_CAPBSET_DROP = 24, PR_SET_SECUREBITS = 28,
        PR_SET_NO_NEW_PRIVS = 38, PR_CAP_AMBIENT = 47, PR_CAP_AMBIENT_CLEAR_ALL = 4;
    private const int LatestCapability = 40, CAP_SETPCAP = 8, CAP_SYS_ADMIN = 21, KEYCTL_JOIN_SESSION_KEYRING = 1, RLIMIT_CORE = 4, RLIMIT_NOFILE = 7;
    private const int SOCK_STREAM = 1, SOL_SOCKET = 1, SCM_RIGHTS = 1, MSG_NOSIGNAL = 0x4000, Backlog = 64;
    private const int AF_INET = 2, SOCK_DGRAM = 2, SIOCSIFFLAGS = 0x8914, IFF_UP = 1, SECCOMP_SET_MODE_FILTER = 1;

    // The command sees itself as root, whose programs would get capabilities without SECBIT_NOROOT. All bits and locks
    // but those of KEEPCAPS.
    private const int SecureBits = 0x0f;

    // What exit code 127 is to a shell.
    private const int CannotStart = 127;

    private static readonly byte[] Filter = SeccompFilter.Make();
    private static readonly string[] Devices = ["null", "zero", "full", "random", "urandom", "tty"];

    // What only root may read or write in any case. Where they are missing, there is nothing to hide.
    private static readonly string[] HiddenOfProc = ["kcore", "keys", "kmsg", "kallsyms", "timer_list", "sysrq-trigger"];

    private static readonly (string Name, string Target)[] DeviceLinks =
    [
        ("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0"), ("stdout", "/proc/self/fd/1"), ("stderr", "/proc/self/fd/2"),
        ("ptmx", "pts/ptmx"),
    ];

    private readonly SyscallScript script = new();
    private readonly HashSet<string> folders = ["/"];
    private readonly SandboxPlan plan;
    private readonly bool isRoot;
    private readonly int landlock;
    private readonly long empty;
    private readonly long capabilityHeader;
    private readonly long noCapabilities;
    private readonly long allSignals;
    private readonly long givenMask;
    private readonly long filter;

    private SandboxScript(SandboxPlan plan, bool isRoot, int landlock)
    {
        (this.plan, this.isRoot, this.landlock) = (plan, isRoot, landlock);
        empty = script.Text("");
        capabilityHeader = script.Numbers(0x20080522); // Version 3, this process
        noCapabilities = script.Numbers(0, 0, 0);
        allSignals = script.Numbers(-1);
        givenMask = script.Numbers(0);
        filter = script.Numbers(Filter.Length / 8, script.Data(Filter));
    }

    /// <summary>Returns the script of a sandbox.</summary>
    /// <param name="root">What it has of the machine.</param>
    /// <param name="plan">What it has besides, and what it runs.</param>
    /// <param name="isRoot">
    /// Whether the worker is root; otherwise a user namespace gives it the rights that it needs.
    /// </param>
    /// <param name="landlock">The version of Landlock that the kernel has; 0 if it has none.</param>
    internal static SyscallScript Of(SandboxRoot root, SandboxPlan plan, bool isRoot, int landlock)
    {
        var writer = new SandboxScript(plan, isRoot, landlock);
        writer.MakeNamespaces();
        writer.MakeRoot(root);
        writer.BecomeUser();
        writer.StartBoth();
        writer.Fail();
        writer.BeFirst();
        writer.BeCommand();
        return writer.script;
    }

    private void MakeNamespaces()
    {
        script.Must("protect its descriptors", Calls.Fcntl, StatusDescriptor, F_SETFD, FD_CLOEXEC);
        script.May(Calls.Fcntl, MappingDescriptor, F_SETFD, FD_CLOEXEC);
        script.Must("close its script", Calls.Close, ScriptDescriptor);
        // The worker opens all its descriptors close-on-exec; this covers libraries that forget it.
        script.Must("close descriptors", Calls.CloseRange, MappingDescriptor + 1, 0xffffffff, 0);
        // Every user passes through the folders of the new root, whatever files the command is to make.
        script.StoreResult(script.May(Calls.FileMask, 0x12), givenMask); // Mode 022
        script.Must("block signals", Calls.SignalMask, SIG_BLOCK, allSignals, 0, 8);
        script.Must("create namespaces", Calls.Unshare, CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP
            | (plan.UsesHostNetwork ? 0 : CLONE_NEWNET) | (isRoot ? 0 : CLONE_NEWUSER));
        if (!isRoot) MapUser();
        script.Must("make its mounts private", Calls.Mount, script.Text("none"), script.Text("/"), 0, MS_REC | MS_PRIVATE, 0);
        if (!plan.UsesHostNetwork) StartLoopback();
        if (plan.Hosts is not null) SendListener();
        script.May(Calls.KeyCtl, KEYCTL_JOIN_SESSION_KEYRING, 0);
    }

    private void MapUser()
    {
        WriteFile("/proc/self/setgroups", "deny");
        WriteFile("/proc/self/uid_map", string.Create(CultureInfo.InvariantCulture, $"{plan.User.InnerUid} {plan.User.Uid} 1"));
        WriteFile("/proc/self/gid_map", string.Create(CultureInfo.InvariantCulture, $"{plan.User.InnerGid} {plan.User.Gid} 1"));
    }

    private void WriteFile(string path, string text)
    {
        var bytes = System.Text.Encoding.ASCII.GetBytes(text);
        var open = script.Must($"open {path}", Calls.OpenAt, AT_FDCWD, script.Text(path), O_WRONLY | O_CLOEXEC);
        var write = WithResult(open, 2);
        script.Must($"write to {path}", Calls.Write, 0, script.Data(bytes), bytes.Length);
        script.Must("close a file", Calls.Close, 0);
        Fill(write);
    }

    private void StartLoopback()
    {
        var name = new byte[40];
        "lo"u8.CopyTo(name);
        BinaryPrimitives.WriteInt16LittleEndian(name.AsSpan(16), IFF_UP);
        var open = script.Must("open a socket", Calls.Socket, AF_INET, SOCK_DGRAM | O_CLOEXEC, 0);
        var use = WithResult(open, 2);
        script.Must("start its loopback device", Calls.Ioctl, 0, SIOCSIFFLAGS, script.Data(name));
        script.Must("close a socket", Calls.Close, 0);
        Fill(use);
    }

    /// <summary>
    /// Makes a socket that listens in the sandbox's network, and gives it to the worker, which serves it from outside:
    /// a socket stays in the network in which it was made. The command does not get it.
    /// </summary>
    private void SendListener()
    {
        script.SendsDescriptor = true;
        var address = new byte[16];
        BinaryPrimitives.WriteInt16LittleEndian(address, AF_INET);
        BinaryPrimitives.WriteInt16BigEndian(address.AsSpan(2), Forwarder.Port);
        System.Net.IPAddress.Loopback.TryWriteBytes(address.AsSpan(4), out _);
        // struct cmsghdr: its length, its level and type, and a descriptor of 32 bits.
        var rights = script.Numbers(20, SOL_SOCKET | ((long)SCM_RIGHTS << 32), 0);
        var part = script.Numbers(script.Text("x"), 1);
        var message = script.Numbers(0, 0, part, 1, rights, 24, 0);
        var open = script.Must("open a socket", Calls.Socket, AF_INET, SOCK_STREAM | O_CLOEXEC, 0);
        script.StoreResult(open, rights + 16);
        script.Copy(rights + 16, SyscallScript.ArgumentOf(script.Next + 3, 0));
        script.Copy(rights + 16, SyscallScript.ArgumentOf(script.Next + 3, 0));
        script.Copy(rights + 16, SyscallScript.ArgumentOf(script.Next + 4, 0));
        script.Must("bind its socket", Calls.Bind, 0, script.Data(address), address.Length);
        script.Must("listen", Calls.Listen, 0, Backlog);
        script.Must("give its socket to the worker", Calls.SendMessage, StatusDescriptor, message, MSG_NOSIGNAL);
        script.Must("close a socket", Calls.Close, 0);
    }

    /// <summary>
    /// Passes a call's result, a descriptor, on to the first argument of the calls that follow, as many as given.
    /// </summary>
    private (int First, int Count) WithResult(int call, int count)
    {
        var at = script.Next;
        // One copy for each call but the first, and then the calls.
        var first = at + count - 1;
        script.StoreResult(call, SyscallScript.ArgumentOf(first, 0));
        for (var i = 1; i < count; i++) script.Copy(SyscallScript.ArgumentOf(first, 0), SyscallScript.ArgumentOf(first + i, 0));
        return (first, count);
    }

    private void Fill((int First, int Count) calls)
    {
        if (script.Next != calls.First + calls.Count) throw new InvalidOperationException("The calls do not follow their descriptor.");
    }

    private void MakeRoot(SandboxRoot root)
    {
        MountTmpfs("/", "mode=755,size=4m");
        foreach (var folder in root.Folders) Bind(new(folder, folder, IsFolder: true, IsWritable: false));
        foreach (var (path, target) in root.Links)
            script.Must($"create {path}", Calls.MakeLink, script.Text(target), AT_FDCWD, script.Text(NewRoot + path));
        foreach (var folder in (string[])["/proc", "/run", "/tmp", "/var", "/dev/pts", "/dev/shm"]) MakeFolder(folder);
        script.May(Calls.MakeLink, script.Text("/tmp"), AT_FDCWD, script.Text(NewRoot + "/var/tmp"));
        script.May(Calls.MakeLink, script.Text("/run"), AT_FDCWD, script.Text(NewRoot + "/var/run"));
        foreach (var device in (IEnumerable<string>)[.. Devices, .. plan.Devices])
            Bind(new("/dev/" + device, "/dev/" + device, IsFolder: false, IsWritable: true), MOUNT_ATTR_NOSUID | MOUNT_ATTR_NOEXEC);
        foreach (var (name, target) in DeviceLinks)
            script.Must($"create /dev/{name}", Calls.MakeLink, script.Text(target), AT_FDCWD, script.Text($"{NewRoot}/dev/{name}"));
        script.Must("mount /dev/pts", Calls.Mount, script.Text("devpts"), script.Text(NewRoot + "/dev/pts"), script.Text("devpts"),
            MS_NOSUID | MS_NOEXEC, script.Text("newinstance,ptmxmode=0666,mode=620"));
        MountTmpfs("/tmp", "mode=1777,size=1g");
        MountTmpfs("/dev/shm", "mode=1777,size=64m");
        if (root.Resolver is { } resolver) Bind(new(resolver, resolver, IsFolder: false, IsWritable: false));
        foreach (var mount in plan.Mounts) Bind(mount);
    }

    private void MountTmpfs(string path, string options) =>
        script.Must($"mount {path}", Calls.Mount, script.Text("tmpfs"), script.Text(path == "/" ? NewRoot : NewRoot + path),
            script.Text("tmpfs"), MS_NOSUID | MS_NODEV, script.Text(options));

    /// <summary>
    /// Creates a folder and those above it. One that is there is as good, in a folder of the machine too.
    /// </summary>
    private void MakeFolder(string path)
    {
        if (!folders.Add(path)) return;
        MakeFolder(Path.GetDirectoryName(path)!);
        script.May(Calls.MakeFolder, AT_FDCWD, script.Text(NewRoot + path), 0x1ED); // Mode 0755
    }

    private void Bind(in SandboxMount mount, long flags = MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV)
    {
        if (mount.IsFolder) MakeFolder(mount.Target);
        else MakeFile(mount.Target);
        // Another task may be changing the folders on the way.
        var how = script.Numbers(O_PATH | O_CLOEXEC, 0, RESOLVE_NO_SYMLINKS | RESOLVE_NO_MAGICLINKS);
        var open = script.Must($"open {mount.Source}", Calls.OpenAt2, AT_FDCWD, script.Text(mount.Source), how, 24);
        var source = WithResult(open, 2);
        var tree = script.Must($"mount {mount.Source}", Calls.OpenTree, 0, empty, OPEN_TREE_CLONE | AT_RECURSIVE | AT_EMPTY_PATH | O_CLOEXEC);
        script.Must("close a file", Calls.Close, 0);
        Fill(source);
        // The result of open_tree is not that of the call before, so it is kept until then.
        var kept = script.Numbers(0);
        script.StoreResult(tree, kept);
        var isMapped = plan.User.IsMapped && plan.Mounts.Contains(mount);
        var attributes = script.Numbers(
            flags | (mount.IsWritable ? 0 : MOUNT_ATTR_RDONLY) | (isMapped ? MOUNT_ATTR_IDMAP : 0), 0, 0, isMapped ? MappingDescriptor : 0);
        var at = script.Next + 3;
        for (var i = 0; i < 3; i++) script.Copy(kept, SyscallScript.ArgumentOf(at + i, 0));
        script.Must($"mount {mount.Target} with its attributes", Calls.MountSetAttr, 0, empty, AT_EMPTY_PATH | AT_RECURSIVE, attributes, 32);
        script.Must($"mount {mount.Target}", Calls.MoveMount, 0, empty, AT_FDCWD, script.Text(NewRoot + mount.Target), MOVE_MOUNT_F_EMPTY_PATH);
        script.Must("close a mount", Calls.Close, 0);
    }

    private void MakeFile(string path)
    {
        MakeFolder(Path.GetDirectoryName(path)!);
        var open = script.May(Calls.OpenAt, AT_FDCWD, script.Text(NewRoot + path), O_CREAT | O_CLOEXEC, 0x1A4); // Mode 0644
        script.StoreResult(open, SyscallScript.ArgumentOf(script.Next, 0));
        script.May(Calls.Close, 0);
    }

    /// <summary>
    /// Root becomes the command's user, and keeps only what is needed to mount /proc and to give up the rest.
    /// </summary>
    private void BecomeUser()
    {
        // Its folder is on a mount that is about to go.
        script.Must("leave its folder", Calls.ChangeFolder, script.Text("/"));
        if (!isRoot) return;
        var user = plan.User;
        Span<byte> groups = stackalloc byte[4 * user.Groups.Count];
        for (var i = 0; i < user.Groups.Count; i++) BinaryPrimitives.WriteUInt32LittleEndian(groups[(4 * i)..], user.Groups[i]);
        script.Must("keep its capabilities", Calls.Prctl, PR_SET_KEEPCAPS, 1);
        script.Must("set its groups", Calls.SetGroups, user.Groups.Count, script.Data(groups));
        script.Must("set its group", Calls.SetGroup, user.Gid, user.Gid, user.Gid);
        script.Must("set its user", Calls.SetUser, user.Uid, user.Uid, user.Uid);
        const long Needed = (1 << CAP_SETPCAP) | (1 << CAP_SYS_ADMIN);
        // Effective and permitted, 32 bits each; inheritable; and the upper halves.
        script.Must("keep its capabilities", Calls.CapSet, capabilityHeader, script.Numbers(Needed | (Needed << 32), 0, 0));
    }

    private void StartBoth()
    {
        var (first, command, status) = (script.Numbers(0), script.Numbers(0), script.Numbers(0));
        var fork = script.Must("create the first process", Calls.Clone, SIGCHLD, 0, 0, 0, 0);
        script.Jump(fork, zero: "first");
        script.StoreResult(fork, first);
        fork = script.Must("create the process of the command", Calls.Clone, SIGCHLD, 0, 0, 0, 0);
        script.Jump(fork, zero: "command");
        script.StoreResult(fork, command);
        // Its ends of the command's pipes would keep them open.
        script.May(Calls.CloseRange, 0, MappingDescriptor, 0);
        script.May(Calls.CapSet, capabilityHeader, noCapabilities);
        script.Copy(command, SyscallScript.ArgumentOf(script.Next + 1, 0));
        script.May(Calls.Wait, 0, status, WALL, 0);
        script.Copy(first, SyscallScript.ArgumentOf(script.Next + 1, 0));
        script.May(Calls.Kill, 0, SIGKILL);
        script.Copy(first, SyscallScript.ArgumentOf(script.Next + 1, 0));
        script.May(Calls.Wait, 0, 0, WALL, 0);
        EndAs(status);
    }

    /// <summary>Ends with the exit code that a wait status has, or by its signal.</summary>
    private void EndAs(long status)
    {
        var exit = script.Next + 1;
        var kill = exit + 3;
        var signal = script.Decode(status, SyscallScript.ArgumentOf(exit, 0));
        script.StoreResult(signal, SyscallScript.ArgumentOf(kill, 1));
        script.Jump(signal, positive: "die");
        script.May(Calls.Exit, 0);
        script.Label("die");
        script.May(Calls.SetLimit, RLIMIT_CORE, script.Numbers(0, 0));
        var self = script.May(Calls.GetPid);
        script.StoreResult(self, SyscallScript.ArgumentOf(kill, 0));
        script.May(Calls.Kill, 0, 0);
        script.May(Calls.SignalMask, SIG_UNBLOCK, allSignals, 0, 8);
        script.May(Calls.Exit, CannotStart);
    }

    private void Fail()
    {
        script.Label("fail");
        script.May(Calls.Write, StatusDescriptor, SyscallScript.Failure, SyscallScript.FailureSize);
        script.May(Calls.Exit, CannotStart);
    }

    private void BeFirst()
    {
        script.Label("first");
        script.Must("die with the monitor", Calls.Prctl, PR_SET_PDEATHSIG, SIGKILL);
        script.May(Calls.CloseRange, 0, 0xffffffff, 0);
        GiveUpRights();
        script.May(Calls.Seccomp, SECCOMP_SET_MODE_FILTER, 0, filter);
        var children = script.Numbers(1L << (SIGCHLD - 1));
        script.Label("await");
        script.May(Calls.AwaitSignal, children, 0, 0, 8);
        script.Label("reap");
        script.Jump(script.May(Calls.Wait, -1, 0, WNOHANG | WALL, 0), positive: "reap", zero: "await", error: "await");
    }

    private void BeCommand()
    {
        script.Label("command");
        // Before the old root goes: the kernel lets a user namespace mount /proc only while it sees a whole one.
        script.Must("mount /proc", Calls.Mount, script.Text("proc"), script.Text(NewRoot + "/proc"), script.Text("proc"),
            MS_NOSUID | MS_NODEV | MS_NOEXEC, 0);
        HideProc();
        script.Must("enter its root", Calls.ChangeFolder, script.Text(NewRoot));
        var here = script.Text(".");
        script.Must("enter its root", Calls.PivotRoot, here, here);
        script.Must("leave the old root", Calls.Unmount, here, MNT_DETACH);
        script.Must("enter its root", Calls.ChangeFolder, script.Text("/"));
        var attributes = script.Numbers(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV, 0, 0, 0);
        script.Must("make its root read-only", Calls.MountSetAttr, AT_FDCWD, script.Text("/"), 0, attributes, 32);
        if (isRoot)
        {
            // Without this, root owns the process's files in /proc, and it cannot map its user.
            script.Must("own its files in /proc", Calls.Prctl, PR_SET_DUMPABLE, 1);
            script.Must("create a user namespace", Calls.Unshare, CLONE_NEWUSER);
            MapUser();
        }
        script.Must($"enter the folder {plan.Folder}", Calls.ChangeFolder, script.Text(plan.Folder));
        script.Copy(givenMask, SyscallScript.ArgumentOf(script.Next + 1, 0));
        script.May(Calls.FileMask, 0);
        GiveUpRights();
        if (landlock > 0) Restrict();
        if (plan.OpenFiles is { } files) script.Must("limit its open files", Calls.SetLimit, RLIMIT_NOFILE, script.Numbers(files, files));
        script.Must("unblock signals", Calls.SignalMask, SIG_SETMASK, script.Numbers(0), 0, 8);
        script.Must("filter its system calls", Calls.Seccomp, SECCOMP_SET_MODE_FILTER, 0, filter);
        Execute();
    }

    private void HideProc()
    {
        var nothing = script.Text(NewRoot + "/dev/null");
        foreach (var name in HiddenOfProc)
            script.May(Calls.Mount, nothing, script.Text($"{NewRoot}/proc/{name}"), 0, MS_BIND, 0);
        var attributes = script.Numbers(MOUNT_ATTR_RDONLY | MOUNT_ATTR_NOSUID | MOUNT_ATTR_NODEV | MOUNT_ATTR_NOEXEC, 0, 0, 0);
        var settings = script.Text(NewRoot + "/proc/sys");
        script.Must("mount /proc/sys", Calls.Mount, settings, settings, 0, MS_BIND, 0);
        script.Must("make /proc/sys read-only", Calls.MountSetAttr, AT_FDCWD, settings, AT_RECURSIVE, attributes, 32);
    }

    private void GiveUpRights()
    {
        script.May(Calls.Prctl, PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0);
        for (var capability = 0; capability <= LatestCapability; capability++) script.May(Calls.Prctl, PR_CAPBSET_DROP, capability);
        script.May(Calls.Prctl, PR_SET_SECUREBITS, SecureBits);
        script.Must("give up its capabilities", Calls.CapSet, capabilityHeader, noCapabilities);
        script.Must("give up new rights", Calls.Prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
    }

    /// <summary>
    /// Adds Landlock: writes go only where a mount is writable, and signals and abstract sockets stay inside.
    /// </summary>
    private void Restrict()
    {
        // Writing, removing and creating; moving to another folder; truncating.
        long rights = 0x1FF2;
        if (landlock >= 2) rights |= 0x2000;
        if (landlock >= 3) rights |= 0x4000;
        var size = landlock >= 6 ? 24 : landlock >= 4 ? 16 : 8;
        var ruleset = script.Must("create Landlock's rules", Calls.LandlockCreate, script.Numbers(rights, 0, landlock >= 6 ? 3 : 0), size, 0);
        var kept = script.Numbers(0);
        script.StoreResult(ruleset, kept);
        AddRule(kept, "/proc", landlock >= 3 ? 0x4002 : 2);
        foreach (var folder in (string[])["/dev", "/tmp"]) AddRule(kept, folder, rights);
        foreach (var mount in plan.Mounts)
            if (mount.IsWritable) AddRule(kept, mount.Target, mount.IsFolder ? rights : rights & 0x4002);
        script.Copy(kept, SyscallScript.ArgumentOf(script.Next + 2, 0));
        script.Copy(kept, SyscallScript.ArgumentOf(script.Next + 2, 0));
        script.Must("apply Landlock's rules", Calls.LandlockRestrict, 0, 0);
        script.Must("close Landlock's rules", Calls.Close, 0);
    }

    private void AddRule(long ruleset, string path, long rights)
    {
        // struct landlock_path_beneath_attr: the rights, and a descriptor of 32 bits
        var rule = script.Numbers(rights, 0);
        var open = script.Must($"open {path}", Calls.OpenAt, AT_FDCWD, script.Text(path), O_PATH | O_CLOEXEC);
        script.StoreResult(open, rule + 8);
        script.Copy(ruleset, SyscallScript.ArgumentOf(script.Next + 2, 0));
        script.Copy(rule + 8, SyscallScript.ArgumentOf(script.Next + 2, 0));
        script.Must($"add {path} to Landlock's rules", Calls.LandlockAdd, 0, 1, rule, 0);
        script.May(Calls.Close, 0);
    }

    private void Execute()
    {
        for (var i = 0; i < plan.Programs.Count; i++)
        {
            var execute = script.Next + 2;
            script.Copy(SyscallScript.Argv, SyscallScript.ArgumentOf(execute, 1));
            script.Copy(SyscallScript.Envp, SyscallScript.ArgumentOf(execute, 2));
            var path = script.Text(plan.Programs[i]);
            if (i < plan.Programs.Count - 1) script.May(Calls.Execute, path, 0, 0);
            else script.Must(StartStep, Calls.Execute, path, 0, 0);
        }
    }

    /// <summary>What the step is called that starts the program itself.</summary>
    internal const string StartStep = "start";
}
