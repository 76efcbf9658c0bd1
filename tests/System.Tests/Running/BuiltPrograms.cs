using System.Runtime.CompilerServices;

namespace OrleansTasks.System.Tests.Running;

/// <summary>The programs as they were built beside these tests, and the repository they come from.</summary>
internal static class BuiltPrograms
{
    /// <summary>The folder of all programs: artifacts/bin.</summary>
    public static string Bin { get; } = Path.GetFullPath(Path.Combine(AppContext.BaseDirectory, "..", ".."));

    /// <summary>Release or debug, as folders are named.</summary>
    public static string Flavour { get; } = Path.GetFileName(AppContext.BaseDirectory.TrimEnd('/'));

    /// <summary>What make is told so that it starts these programs and builds nothing.</summary>
    public static string[] MakeAsBuilt { get; } = ["-s", "-o", "service", $"flavour={Flavour}"];

    /// <summary>Gateway, silo and worker in one process.</summary>
    public static string AllInOne { get; } = Path.Combine(Bin, "AllInOne", Flavour, "OrleansTasks.AllInOne");

    /// <summary>The gateway.</summary>
    public static string Client { get; } = Path.Combine(Bin, "Client", Flavour, "OrleansTasks.Client");

    /// <summary>The silo.</summary>
    public static string Silo { get; } = Path.Combine(Bin, "Silo", Flavour, "OrleansTasks.Silo");

    /// <summary>The remote worker.</summary>
    public static string Worker { get; } = Path.Combine(Bin, "Worker", Flavour, "OrleansTasks.Worker");

    /// <summary>The command line, with otask-store beside it.</summary>
    public static string Otask { get; } = Path.Combine(Bin, "Cli.Store", Flavour, "otask");

    /// <summary>The command line alone.</summary>
    public static string LoneOtask { get; } = Path.Combine(Bin, "Cli", Flavour, "otask");

    /// <summary>The command line with what works in stores.</summary>
    public static string OtaskStore { get; } = Otask + "-store";

    /// <summary>The sample program with handlers.</summary>
    public static string SampleHandlers { get; } = Path.Combine(Bin, "SampleHandlers", Flavour, "SampleHandlers");

    /// <summary>The sample program that submits tasks in transactions.</summary>
    public static string SampleTransactions { get; } = Path.Combine(Bin, "SampleTransactions", Flavour, "SampleTransactions");

    /// <summary>The folder of the sample's plug-in processors.</summary>
    public static string SamplePlugins { get; } = Path.Combine(Bin, "SamplePlugin", Flavour);

    /// <summary>The top of the repository.</summary>
    public static string Repository { get; } = Path.GetFullPath(Path.Combine(Bin, "..", ".."));

    /// <summary>
    /// Makes the programs that tests start recompile only their hottest methods. Most of these programs end before
    /// recompiling pays off, and starting them takes most of the suite's time.
    /// </summary>
    [ModuleInitializer]
    internal static void StartLightly()
    {
        Environment.SetEnvironmentVariable("DOTNET_TieredPGO", "0");
        // Calls, in hexadecimal, before a method is recompiled.
        Environment.SetEnvironmentVariable("DOTNET_TC_CallCountThreshold", "100");
    }
}
