using System.Globalization;
using OrleansTasks.Worker.Processes.Interop;

namespace OrleansTasks.Worker.Processes.Users;

/// <summary>The user as whom tasks run, when that is not the worker's own.</summary>
public sealed record RunAsUser
{
    private static readonly string[] SystemFolders = ["/usr/bin", "/bin", "/usr/sbin", "/sbin"];

    /// <summary>The name that it was asked for by.</summary>
    public required string Name { get; init; }

    /// <summary>The user's number.</summary>
    public required uint Uid { get; init; }

    /// <summary>The number of the user's own group.</summary>
    public required uint Gid { get; init; }

    /// <summary>All groups that the user is in, its own included.</summary>
    public required IReadOnlyList<uint> Groups { get; init; }

    /// <summary>The user's home folder, which is what tasks see as HOME.</summary>
    public required string Home { get; init; }

    /// <summary>The program that changes the user: setpriv(1) of util-linux.</summary>
    internal string Changer { get; init; } = "setpriv";

    /// <summary>Finds a user by name or number.</summary>
    /// <exception cref="RunAsException">This worker cannot run anything as that user; the message says why.</exception>
    public static RunAsUser Find(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        if (Libc.geteuid() is var own and not 0)
            throw new RunAsException($"--run-as takes a user only where the worker runs as root; it runs as user {own}.");
        var found = uint.TryParse(name, NumberStyles.None, CultureInfo.InvariantCulture, out var uid)
            ? UserDatabase.Find(uid)
            : UserDatabase.Find(name);
        if (found is not { } user)
            throw new RunAsException($"--run-as takes the name or number of a user of this machine; there is no '{name}'.");
        var changer = SystemFolders.Select(static folder => Path.Combine(folder, "setpriv")).FirstOrDefault(File.Exists)
            ?? throw new RunAsException("--run-as needs the program setpriv (package util-linux), which is not on this machine.");
        return new()
        {
            Name = user.Name, Uid = user.Uid, Gid = user.Gid, Groups = UserDatabase.GroupsOf(user), Changer = changer,
            Home = user.Home.Length > 0 ? user.Home : "/",
        };
    }

    /// <summary>
    /// Makes the working folders' root and lets others pass through it and through the folders above it that are named, without
    /// letting them see what is there; then tries whether the user gets there.
    /// </summary>
    /// <param name="workFolderRoot">Where attempts get their working folders.</param>
    /// <param name="above">The folders above it that are the worker's own.</param>
    /// <exception cref="RunAsException">The user does not get there.</exception>
    public void OpenWay(string workFolderRoot, params IReadOnlyList<string> above)
    {
        const UnixFileMode pass = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute
            | UnixFileMode.GroupExecute | UnixFileMode.OtherExecute;
        if (OperatingSystem.IsWindows()) throw new RunAsException("--run-as is for Linux.");
        Directory.CreateDirectory(workFolderRoot);
        foreach (var folder in above.Append(workFolderRoot)) File.SetUnixFileMode(folder, pass);
        if (!UserSwitch.CanEnter(this, workFolderRoot))
            throw new RunAsException($"--run-as: the user '{Name}' may not enter {workFolderRoot}, where tasks have their working "
                + "folders. Give a data folder (--data) below folders that everybody may enter.");
    }
}
