using OrleansTasks.Settings;

namespace OrleansTasks.Worker.Processes.Containers;

/// <summary>Which container engine a worker uses.</summary>
public enum EngineChoice
{
    /// <summary>None: the worker runs no containers.</summary>
    None,

    /// <summary>podman if the machine has it, and otherwise docker.</summary>
    Auto,

    /// <summary>podman.</summary>
    Podman,

    /// <summary>docker.</summary>
    Docker,
}

/// <summary>The setting <c>--container-engine</c>.</summary>
public static class EngineChoices
{
    /// <summary>Creates the option.</summary>
    public static ValueOption<EngineChoice> MakeOption() => new("--container-engine", "ENGINE",
        "the program that runs tasks in containers; auto: podman if the machine has it, and otherwise docker", "auto",
        "auto, podman, docker or none",
        static text => text switch
        {
            "auto" => new(EngineChoice.Auto),
            "podman" => new(EngineChoice.Podman),
            "docker" => new(EngineChoice.Docker),
            "none" => new(EngineChoice.None),
            _ => default(Parsed<EngineChoice>?),
        });
}
