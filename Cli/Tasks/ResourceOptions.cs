using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using OrleansTasks.Processing.Resources;

namespace OrleansTasks.Cli.Tasks;

/// <summary>The options with which a task says what it needs of its node.</summary>
/// <param name="ofChunks">
/// Whether they are about each chunk of a job, which can have neither GPUs nor cores to itself.
/// </param>
internal sealed class ResourceOptions(bool ofChunks = false)
{
    private readonly Option<string?> cpu = new("--cpu") { HelpName = "CORES", Description = $"cores to reserve{(ofChunks ? " for each chunk" : "")}, such as 4 or 0.5" };
    private readonly Option<bool> pin = new("--pin")
    {
        Arity = ArgumentArity.Zero,
        Description = "run only on the cores of --cpu, whole ones, which no other task with --pin has",
    };

    private readonly Option<string?> memory = new("--memory")
    {
        HelpName = "SIZE",
        Description = ofChunks ? "memory to reserve for each chunk, such as 8GiB" : "memory to reserve, such as 8GiB; also the limit, unless --memory-bytes is given",
    };

    private readonly Option<string?> gpu = new("--gpu") { HelpName = "N", Description = "GPUs to reserve" };
    private readonly Option<string[]> others = new("--resource")
    {
        HelpName = "NAME=AMOUNT", Description = "another resource to reserve, such as license=1; repeatable",
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>Adds the options to a command.</summary>
    public void AddTo(Command command)
    {
        command.Add(cpu);
        if (!ofChunks)
            command.Add(pin);
        command.Add(memory);
        if (!ofChunks)
            command.Add(gpu);
        command.Add(others);
    }

    /// <summary>Returns the resources of a spec; null for none. Throws <see cref="UsageException"/>.</summary>
    public JsonObject? Read(ParseResult result)
    {
        var resources = new JsonObject();
        Add(resources, "--cpu", ResourceName.Cpu, result.GetValue(cpu));
        if (result.GetValue(pin))
            resources[ResourceName.Pin] = true;
        Add(resources, "--memory", ResourceName.Memory, result.GetValue(memory));
        Add(resources, "--gpu", ResourceName.Gpu, result.GetValue(gpu));
        foreach (var text in result.GetValue(others) ?? [])
        {
            var at = text.IndexOf('=', StringComparison.Ordinal);
            var name = at < 1 ? "" : text[..at];
            if (name == ResourceName.Pin)
                throw new UsageException("'pin' is not a resource. For cores of its own, give the task --cpu and --pin.");
            if (!ResourceName.IsValid(name))
                throw new UsageException($"Invalid value '{text}' for --resource: expected NAME=AMOUNT, where NAME matches {ResourceName.Form}.");
            Add(resources, "--resource", name, text[(at + 1)..]);
        }

        return resources.Count == 0 ? null : resources;
    }

    private static void Add(JsonObject resources, string option, string name, string? text)
    {
        if (text is null)
            return;
        if (!ResourceForms.TryParse(name, text, out var amount))
            throw new UsageException($"Invalid value '{text}' for {option}: expected {ResourceForms.FormOf(name)}.");
        if (resources.ContainsKey(name))
            throw new UsageException($"{option} names {name} more than once.");
        resources[name] = name switch
        {
            ResourceName.Cpu => JsonNode.Parse(ResourceForms.Format(name, amount)),
            ResourceName.Memory when !long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out _) => text,
            _ => amount,
        };
    }
}
