using System.Text.Json;
using OrleansTasks.Processing.Resources;
using OrleansTasks.Resources;

namespace OrleansTasks.Tasks.Spec;

/// <summary>
/// Reads the field <c>resources</c> of a task's spec: an object of names and amounts, and <c>pin</c>, which asks for
/// the cores of <c>cpu</c> to itself.
/// </summary>
internal static class ResourceReader
{
    private const string Path = "resources";
    private const string PinPath = Path + "." + ResourceName.Pin;

    /// <summary>Reads the value at which the reader is positioned and adds each fault to the reader's errors.</summary>
    public static (ResourceVector Amounts, bool Pins) Read(ref StrictReader reader)
    {
        if (!reader.IsObject(Path))
            return (ResourceVector.None, false);
        var pins = false;
        var amounts = new List<ResourceAmount>();
        var seen = default(SeenFields);
        while (reader.NextEntry(ref seen, out var name))
        {
            var path = StrictReader.Join(Path, StrictReader.Quote(name));
            if (name == ResourceName.Pin)
                pins = reader.Boolean(path) ?? false;
            else if (!ResourceName.IsValid(name))
            {
                reader.Errors.AddRule(path, $"is not the name of a resource: it must match {ResourceName.Form}");
                reader.Skip();
            }
            else if (ReadAmount(ref reader, path, name) is { } amount)
                amounts.Add(new ResourceAmount(name, amount));
        }

        if (amounts.Count > ResourceName.Most)
            reader.Errors.AddRule(Path, $"has {amounts.Count} resources; at most {ResourceName.Most} are allowed");
        var read = ResourceVector.Of(amounts);
        if (pins && reader.Errors.IsEmpty && read[ResourceName.Cpu] is var cores && (cores == 0 || cores % 1_000 != 0))
        {
            reader.Errors.AddRule(PinPath, "needs a whole number of cores in resources.cpu, 1 or more"
                + (cores == 0 ? "" : $", not {ResourceForms.Format(ResourceName.Cpu, cores)}"));
        }

        return (read, pins);
    }

    private static long? ReadAmount(ref StrictReader reader, string path, string name)
    {
        if (name == ResourceName.Cpu)
        {
            if (reader.Number(path, 0, double.MaxValue) is not { } cores)
                return null;
            if (ResourceForms.TryOfCores(cores, out var thousandths))
                return thousandths;
        }
        else if (name == ResourceName.Memory && reader.Token == JsonTokenType.String)
        {
            if (ResourceForms.TryParse(name, reader.String(path)!, out var bytes))
                return bytes;
        }
        else
            return reader.Integer(path, 1, ResourceForms.MostOf(name));

        reader.Errors.Add(path, $"must be {ResourceForms.FormOf(name)}");
        return null;
    }
}
