using OrleansTasks.Worker.Files;

namespace OrleansTasks.Worker.Processes.Sandbox;

/// <summary>
/// What the root of a sandbox has of the machine: the folders of its programs and settings, and nothing that holds
/// data, sockets or homes.
/// </summary>
/// <param name="Folders">The folders, absolute and without links.</param>
/// <param name="Links">Links such as /bin, and where they point.</param>
/// <param name="Resolver">
/// Where the link /etc/resolv.conf points, if that is outside of the folders; null otherwise.
/// </param>
internal sealed record SandboxRoot(
    IReadOnlyList<string> Folders, IReadOnlyList<(string Path, string Target)> Links, string? Resolver)
{
    private const string ResolverFile = "/etc/resolv.conf";

    // /gnu and /nix are where Guix and NixOS keep programs.
    private static readonly string[] Names =
        ["/bin", "/etc", "/gnu", "/lib", "/lib32", "/lib64", "/libx32", "/nix", "/opt", "/sbin", "/usr"];

    /// <summary>Looks at this machine.</summary>
    internal static SandboxRoot OfMachine()
    {
        var (folders, links) = (new List<string>(), new List<(string, string)>());
        foreach (var name in Names)
        {
            if (new FileInfo(name).LinkTarget is { } target) links.Add((name, target));
            else if (Directory.Exists(name)) folders.Add(name);
        }
        var resolver = RealPath.Find(ResolverFile);
        var isOutside = resolver is not null && !folders.Exists(folder => RealPath.IsBeneath(resolver, folder));
        return new(folders, links, isOutside ? resolver : null);
    }

    /// <summary>Whether a path is in one of the folders, or is reached by one of the links.</summary>
    internal bool Has(string path) =>
        Folders.Concat(Links.Select(static link => link.Path)).Any(folder => RealPath.IsBeneath(path, folder));
}
