using Fabrique.Site.Lists;

namespace Fabrique.Site.Forms;

/// <summary>
/// What was wrong in a form whose fields are the page's own, and not those of one message: see <see cref="RequestForm"/> for those.
/// </summary>
public sealed class FormProblems : List<FormProblem>
{
    /// <summary>The HTTP status of the page that shows them.</summary>
    public int Status { get; private set; } = StatusCodes.Status422UnprocessableEntity;

    /// <summary>Takes why a service did nothing: the fields it refused, or one sentence.</summary>
    /// <param name="answer">Without a value.</param>
    /// <param name="fieldOf">The element of a field and what the page calls it, by its JSON path; an empty element for what the page does
    /// not ask.</param>
    public void Add<TValue>(Answer<TValue> answer, Func<string, (string Field, string Name)>? fieldOf = null)
        where TValue : class
    {
        Status = answer.FormStatus();
        foreach (var (path, message) in answer.Violations)
        {
            var (field, name) = fieldOf?.Invoke(path) ?? ("", "");
            Add(field, name, message);
        }
        if (!answer.Violations.Any())
        {
            Add("", "", answer.WhyNot());
        }
    }

    /// <param name="field">The element; empty for the whole form.</param>
    /// <param name="name">What the page calls it.</param>
    /// <param name="message">What is wrong, and the way out.</param>
    public void Add(string field, string name, string message) => Add(new FormProblem(field, name, message));

    /// <summary>What is wrong with one field; null when nothing is.</summary>
    public string? Of(string field) => this.FirstOrDefault(problem => problem.Field == field)?.Message;
}

/// <inheritdoc cref="FormProblems.Add(string, string, string)"/>
public sealed record FormProblem(string Field, string Name, string Message);
